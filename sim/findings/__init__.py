"""What it means: indicators, statistics over replications, comparisons, runs on disk, pictures."""
