"""The embedded corpus: real films, users with known preferences, and the dialogues they hold."""
