"""Grade a notebook without trusting its kernel: tests, references and scores stay here."""
