"""A page on this machine: a what-if put together on a map, answered while one looks."""
