"""Find the scale of loss and deaths that makes the 2023 baseline match the published mean."""
