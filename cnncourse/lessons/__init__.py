"""For each lesson its exercises: cases, misconceptions, hints. Plain values."""
