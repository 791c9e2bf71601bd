"""Find what would do more for the same money: levers with costs, a search, and the event model that decides."""
