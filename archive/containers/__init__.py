"""The packings in which others hand on their records, each told by its content and walked as a stream.

`parts` has what they share. WARC comes plain, as gzip and as zstd; ARC plain and as gzip; a WACZ is a ZIP
file with any of them inside.
"""
