"""Does the program agree with theory? Exact answers are compared with the reduced model."""
