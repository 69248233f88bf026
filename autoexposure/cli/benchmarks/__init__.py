"""Benchmarks that are commands of their own, ``bench NAME``; ``bench`` itself is in `autoexposure.cli.bench`."""
