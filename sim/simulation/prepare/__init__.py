"""What is known of incidents before any unit is free or busy, a batch of incidents at a time."""
