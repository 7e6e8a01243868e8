"""Convolutional networks, learned by doing."""
