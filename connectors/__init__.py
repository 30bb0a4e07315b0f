"""Data in (sources) and lists out (destinations)."""
