"""Check that the tests notice small mistakes in the event model."""
