"""Commands that test and measure the simulator: python -m experiments.<name>."""
