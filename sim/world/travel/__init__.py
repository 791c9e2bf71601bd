"""Travel times between two points."""
