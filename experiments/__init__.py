"""What is done with runs; each module is a command: python -m experiments.<name>."""
