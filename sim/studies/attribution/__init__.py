"""Which measures caused how much of a change: Shapley values over groups of measures."""
