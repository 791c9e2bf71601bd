"""Demand: incidents with their ready draws, and the 119 seats that answer the calls. Independent of all units."""
