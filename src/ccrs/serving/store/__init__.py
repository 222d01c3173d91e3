"""People and what they said, on SQLite or PostgreSQL; the only room that knows SQL."""
