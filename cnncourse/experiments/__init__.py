"""Longer runs whose results the book prints. Each writes one file into `book/_data`."""
