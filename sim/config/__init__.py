"""The configuration: typed schema, composition by Hydra, and the one door into frozen dataclasses."""
