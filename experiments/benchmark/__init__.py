"""How fast is the simulation, and what costs the time?"""
