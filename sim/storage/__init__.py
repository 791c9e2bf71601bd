"""A run on disk: its folder, files, locks and provenance. Knows no model."""
