"""What jobs take from their surroundings: the rows of sites, and how politely to go."""

import os
from pathlib import Path

from crawlers.sites import Site, UnusableSites, read_sites
from service.jobs.errors import UnusableArgument


def site_rows() -> dict[str, Site]:
    """The rows by name, the shipped ones and those of the files in VARIORUM_SITES.

    They are read at each call: a row that is mended is used by the next crawl.

    Raises:
        UnusableArgument: a file of rows is wrong.
    """
    named = os.environ.get("VARIORUM_SITES", "").split(os.pathsep)
    try:
        return read_sites(tuple(Path(each) for each in named if each))
    except UnusableSites as error:
        raise UnusableArgument("site", str(error)) from error
