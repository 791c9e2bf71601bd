"""Does the model resemble the city? Face validity, named facts, surge days."""
