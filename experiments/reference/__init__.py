"""Generated pages, the first result, and the table that tests compare with."""
