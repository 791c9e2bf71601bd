"""Making runs: replications over processes, their number, their memory, and the folder that keeps them."""
