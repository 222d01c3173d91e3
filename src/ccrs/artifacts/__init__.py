"""A trained run on disk."""
