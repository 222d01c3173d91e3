"""A knowledge graph around the entities of a corpus, taken from a dump of triples (DBpedia's Turtle, N-Triples)."""
