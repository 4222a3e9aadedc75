"""Companies that nobody has asked about yet: searched for by sector and region, then filled from free sources."""
