"""Pictures: a table and an Axes in, the Axes out.

`style` (fonts, colours, saving), `labels` (names in English and Chinese), `tables` (what the pictures draw,
as pure functions of the result tables), `curves`, `maps` (over `ground` and `places`), `bars`, `trends` and
`scoreboard`.
Only `matplotlib.figure.Figure` is used, never pyplot: no display, no window, no global figure.
"""
