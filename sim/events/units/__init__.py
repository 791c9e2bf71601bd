"""The units: who is free, who is sent, who waits, how they come home."""
