"""Measures what Variorum claims; `baseline.json` holds the floors."""
