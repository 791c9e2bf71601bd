"""What several tests share: small worlds, invariants, sample runs, a browser."""
