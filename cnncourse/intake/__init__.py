"""The gate: what students hand in is read as data, and only their answers pass."""
