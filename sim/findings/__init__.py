"""What it means: indicators, comparisons, runs on disk, the terminal screen and pictures."""
