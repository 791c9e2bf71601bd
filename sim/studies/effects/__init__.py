"""Measure the effect of each mechanism of the model: switch it off alone, on the same incidents."""
