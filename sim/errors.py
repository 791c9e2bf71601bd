"""The project's one exception for mistakes a user can mend."""


class SimError(Exception):
    """A mistake the user can mend; the message is what the user reads."""
