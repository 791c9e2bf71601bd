"""Compute results from tables: indicators, outcome, coverage, targets, statistics, comparison, timeline."""
