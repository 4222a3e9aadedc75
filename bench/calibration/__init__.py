"""How right a merged value is, and how well its confidence says so."""
