"""The report of a comparison as one HTML file, and the screen of a run in the terminal."""
