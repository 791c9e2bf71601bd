"""Questions asked of runs, one module or folder each."""
