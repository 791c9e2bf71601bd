"""The units: which are free, which are sent, which needs are pending, and how units return."""
