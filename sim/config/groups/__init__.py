"""The groups of the configuration, one typed schema each: type, unit, range, meaning and parameter-book key."""
