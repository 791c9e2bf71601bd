"""What is known of incidents before any unit is free or busy: near stations, who is on duty, the scene, in pages."""
