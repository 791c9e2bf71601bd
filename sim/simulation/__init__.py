"""One replication: what is prepared, who is dispatched, how each incident runs, and its two result tables."""
