"""How sure a claim is: everything that is not known drawn at once, and what is published rules draws out."""
