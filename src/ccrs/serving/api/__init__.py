"""The HTTP face of the service: REST, the OpenAI-compatible endpoint, and the static page."""
