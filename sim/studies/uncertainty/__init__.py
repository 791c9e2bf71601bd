"""Uncertainty of claims: all uncertain inputs are sampled together; draws that contradict published data are left out."""
