"""Where data comes from: files and databases, each staged as Parquet."""
