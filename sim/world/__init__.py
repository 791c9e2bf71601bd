"""The world: the region, the plan's levels in a year, stations and units, travel times."""
