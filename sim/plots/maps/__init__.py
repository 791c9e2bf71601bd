"""Maps: the base map with its place names, and what is drawn on it."""
