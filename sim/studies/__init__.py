"""Studies of runs, one module or folder each."""
