"""Keeps and finds: the nouns, the WARC store, the index, lookup and verify."""
