"""Measure how fast the simulation is and what costs the time."""
