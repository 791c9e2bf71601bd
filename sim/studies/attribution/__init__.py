"""Attribute a change to measures: Shapley values over groups of measures."""
