"""Find sites for further stations, nests, teams and patrol cars, and measure their effect."""
