"""What a person sees: an enrichment as it happens, tables of sources and settings, sentences for failures."""
