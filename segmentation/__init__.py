"""Segments without a screen: definitions, audiences, membership, counts, sentences."""
