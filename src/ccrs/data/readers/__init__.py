"""One reader per source, each yielding dialogues."""
