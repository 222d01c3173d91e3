"""From raw dialogues and triples to batches."""
