"""Systems to stand beside CCRS."""
