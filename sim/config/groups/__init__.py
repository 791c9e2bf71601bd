"""The groups of the configuration, a typed schema each: type, unit, range, meaning and parameter-book key."""
