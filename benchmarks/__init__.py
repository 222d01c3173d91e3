"""Speed, memory and work, measured as ratios within one run: ``python -m benchmarks --help``."""
