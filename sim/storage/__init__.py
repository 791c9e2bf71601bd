"""A run on disk: its folder, files, locks and provenance. This package does not import the model."""
