"""Values and rules of enrichment; imports nothing of ours."""
