"""Which assumptions move a result: ranges of the parameter book, designs, indices, rank order of measures."""
