"""Right answers, written to be read and printed in the book."""
