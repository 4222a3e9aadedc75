"""The websites of the world's companies: each built differently, all telling the same truth."""
