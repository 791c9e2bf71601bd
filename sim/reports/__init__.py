"""The report of a comparison as one HTML file, and the output of a run in the terminal."""
