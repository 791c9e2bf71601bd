"""The files of a city: the map of its raw files, the import with its audit, the folder."""
