"""Show what happens to a sweep when something breaks."""
