"""The fitted model of a city: travel, laws, choice, and the world that the event model takes."""
