"""Repeatable measurements. `python -m benchmarks` runs all; docs/performance.md has their figures."""
