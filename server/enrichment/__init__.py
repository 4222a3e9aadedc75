"""Imensiah Enrichment: from a company's website to a profile, layer by layer."""
