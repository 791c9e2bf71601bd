"""Figures. `registry` lists them, `figures` holds one file each; the other modules draw a table into an Axes.

Only `matplotlib.figure.Figure` is used, never pyplot: no display, no window, no global figure.
"""
