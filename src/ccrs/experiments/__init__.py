"""What a person asks for by name: prepare, train, evaluate, recommend, demo."""
