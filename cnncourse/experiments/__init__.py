"""Longer runs whose results the book prints. Each writes one file into `cnncourse/measured`."""
