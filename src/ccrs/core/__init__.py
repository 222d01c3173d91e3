"""Types every room of the house shares: dialogues, graph, samples, batches, errors, config."""
