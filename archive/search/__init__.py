"""Finds versions by the words of their titles and texts, best first, with the passages that have them.

What a query means and how a text is folded is for the stages to say: `pipelines.search_form`.
"""

from archive.query import Filters, Phrase, Query
from archive.search.errors import BadQuery
from archive.search.find import Hit, Hits, Search
from archive.search.passages import Passage

__all__ = ["BadQuery", "Filters", "Hit", "Hits", "Passage", "Phrase", "Query", "Search"]
