"""Look into networks: what they are made of, and what their values see."""
