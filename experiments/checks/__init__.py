"""The checks that `python -m experiments.validate` runs, by subject."""
