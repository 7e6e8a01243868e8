"""Grade everybody who handed in: many workers, one writer, nothing lost and nothing doubled."""
