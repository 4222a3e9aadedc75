"""Files of companies into the directory: lists in CSV, JSON Lines or Parquet, and Receita Federal's dump."""
