"""Pictures: a table and an Axes in, the Axes out.

Only `matplotlib.figure.Figure` is used, never pyplot: no display, no window, no global figure.
"""
