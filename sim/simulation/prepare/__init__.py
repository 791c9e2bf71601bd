"""Prepare incidents in batches: everything that does not depend on which units are free."""
