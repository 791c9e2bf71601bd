"""Another city from its own files: import of its log, fit, replay on records that the fit has not seen, what-ifs."""
