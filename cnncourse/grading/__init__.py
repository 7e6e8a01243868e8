"""The grading core: it knows how to grade, and no lesson."""
