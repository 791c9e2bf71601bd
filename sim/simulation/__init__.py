"""One replication: preparation, dispatch, the course of each incident, and the two result tables."""
