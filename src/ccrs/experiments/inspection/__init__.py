"""What was understood of a prepared corpus, and what of it will hurt training."""
