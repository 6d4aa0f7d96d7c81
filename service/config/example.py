"""The example file: every setting at its default, with what it means."""

import json
import textwrap

from service.config.table import SETTINGS, Setting, Value

_WIDTH = 100
_WEBHOOK = """
# [[webhooks]]
# name = "newsroom"
# url = "https://hooks.example.org/variorum"
# secret = "at least sixteen characters"
# kinds = ["version"]  # of document, version, excerpt, witness; all when left out
"""


def example_file() -> str:
    """A TOML file in which every setting stands behind a comment sign, at its default."""
    lines = ["# Configuration of Variorum. A line without the sign before it is in force."]
    section = ""
    for setting in SETTINGS:
        table, _, name = setting.key.rpartition(".")
        if table != section:
            lines += ["", f"[{table}]"]
            section = table
        lines += [
            "",
            *textwrap.wrap(_sentence(setting), _WIDTH, initial_indent="# ", subsequent_indent="# "),
        ]
        lines.append(f"# {name} = {toml(setting.default)}")
    return "\n".join(lines) + "\n" + _WEBHOOK


def toml(value: Value) -> str:
    """The value as TOML writes it."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def _sentence(setting: Setting) -> str:
    text = setting.means[0].upper() + setting.means[1:]
    return f"{text}. ({setting.variable})"
