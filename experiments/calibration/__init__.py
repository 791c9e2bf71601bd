"""Calibrate the model on what is published: the fire, what is sent, loss and deaths (docs/calibration.md)."""
