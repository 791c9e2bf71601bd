"""The units: who is free, who is sent, which needs are pending, how units come home."""
