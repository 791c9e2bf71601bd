"""Replays of a city's log by the event model: scores, validation, what-ifs."""
