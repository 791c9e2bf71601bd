"""Which scale of loss and deaths makes the 2023 baseline match the published mean?"""
