"""Measure how fast the simulation is and where the time goes."""
