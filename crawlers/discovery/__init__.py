"""Finds pages: one module for each way, pure functions from the bytes of an answer to its links."""
