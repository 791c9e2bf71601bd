"""The configuration: typed schema, composition by Hydra, and conversion into frozen dataclasses."""
