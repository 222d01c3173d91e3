"""Adaptation to one user, exact and without copying tables."""
