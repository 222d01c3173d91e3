"""All systems side by side: a plan of rows, trained and judged piece by piece, and the tables of it."""
