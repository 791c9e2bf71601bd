"""Where further stations, nests, teams and patrol cars would stand, and what they would do."""
