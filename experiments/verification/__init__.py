"""Does the program do what the theory says? Exact answers beside the reduced model."""
