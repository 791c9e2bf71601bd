"""Move-up policies, one per file. Fleet and MoveUps carry the moves out."""
