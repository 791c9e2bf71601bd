"""What goes wrong by the user's hand."""


class SimError(Exception):
    """A mistake the user can mend; the message is what the user reads."""
