"""The figures of a run and of a comparison. Each file here registers its own (see `sim.plots.registry`)."""
