"""Layers that read like the equations."""
