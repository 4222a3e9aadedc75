"""What was held, sent, spent and decided: rules in book.py, kept in memory or in a database by one thread."""
