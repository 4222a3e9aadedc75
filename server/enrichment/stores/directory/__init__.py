"""The company directory in a database: companies, what points to them, what each source says of them."""
