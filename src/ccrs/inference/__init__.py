"""Using a trained run: recommend, explain, write replies, hold a conversation."""
