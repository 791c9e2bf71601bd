"""What comes: incidents with their ready draws, and the calls that the 119 seats answer. Knows no unit."""
