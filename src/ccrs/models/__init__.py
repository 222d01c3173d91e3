"""Recommenders: CCRS, its layers, and what it is compared with."""
