"""Importing this loads all that the child processes of a worker need, once for all of them."""

from crawlers.components import load_components
from pipelines import warmed
from service.jobs import fetcher

LOADED = (load_components(), fetcher, warmed)
