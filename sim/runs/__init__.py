"""Make runs: replications over processes, their number, their memory, and the run folder."""
