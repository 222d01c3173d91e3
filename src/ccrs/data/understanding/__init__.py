"""What a seeker's message says: opinions, wishes, questions, corrections."""
