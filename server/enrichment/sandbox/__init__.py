"""The providers' stand-in: one HTTP server that speaks every wire format, and a small DNS responder."""
