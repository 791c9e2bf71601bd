"""Generated pages, the first result, and the baseline table for the tests."""
