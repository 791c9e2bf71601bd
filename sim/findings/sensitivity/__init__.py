"""Which assumptions move a result: ranges of the parameter book, designs, indices, and orders of measures."""
