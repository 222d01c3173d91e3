"""A run behind an address: many people at once, remembered, with reasons."""
