"""Faults done to archives on purpose, and what was left of each: `make faults` runs them in full."""
