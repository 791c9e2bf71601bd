"""What each mechanism of the model does: switched off alone, on the same incidents."""
