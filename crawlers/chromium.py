"""The browser that some sites need: a Chromium of the system, driven by the extra `browser`."""

import shutil
from importlib.util import find_spec

from crawlers.errors import NoBrowser

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str:
    """The path of the system's Chromium.

    Raises:
        NoBrowser: if there is none, or nothing to drive it with; the message says what to install.
    """
    if find_spec("playwright") is None:
        raise NoBrowser('the extra "browser" is missing: pip install "variorum[browser]"')
    for program in PROGRAMS:
        if path := shutil.which(program):
            return path
    raise NoBrowser("no Chromium is installed. On Debian: apt install chromium")
