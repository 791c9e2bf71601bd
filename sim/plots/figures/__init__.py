"""The figures of a run and of a comparison. Each file registers its own figure (see `sim.plots.registry`)."""
