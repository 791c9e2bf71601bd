"""Maps: the base map with its place names, and the layers on it."""
