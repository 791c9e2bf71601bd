"""Move-up policies, one a file. Fleet and MoveUps carry the moves out."""
