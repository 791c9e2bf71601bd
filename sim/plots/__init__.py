"""Figures. `registry` lists them, `figures` has one file for each. The other modules draw a table into an Axes.

Only `matplotlib.figure.Figure` is used, never pyplot: no display, no window, no global figure.
"""
