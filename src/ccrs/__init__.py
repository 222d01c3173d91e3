"""ccrs: customized conversational recommendation."""

__version__ = "0.1.0"
