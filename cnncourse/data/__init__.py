"""Data sets that the course makes itself, and loaders for public ones."""
