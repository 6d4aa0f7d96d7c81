"""What a person sees: short tables on standard output, progress on standard error.

The tables are drawn from the same views that `--json` prints (see service.views).
"""

import sys

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from service.views import View

_ALSO_AT = 4  # other addresses of a version that are named
SHORT = 12  # characters of a key that are shown; lookup takes any unique 8


def console() -> Console:
    """Standard output, as wide as the terminal; 100 columns where it is none."""
    width = None if sys.stdout.isatty() else 100
    return Console(width=width, highlight=False, soft_wrap=True)


def progress_console() -> Console:
    """Standard error, for progress and notes."""
    return Console(stderr=True, highlight=False)


def short(key: str | None) -> str:
    """The first characters of a key, enough to be looked up by."""
    return "" if not key else key[:SHORT]


def say(sentence: str) -> None:
    """One line for the reader."""
    console().print(escape(sentence))


def results(views: list[View]) -> None:
    """What became of the pages: what each is, of which document, how it differs, where else it was seen."""
    out = console()
    for view in views:
        out.print(_headline(view))
        for name, value in _lines(view):
            out.print(Text.assemble((f"  {name:<10}", "dim"), value))
    if len(views) > 1:
        filed = sum(1 for view in views if view["document"])
        out.print(f"\n{len(views)} pages, {filed} filed.", style="bold")


def crawl(view: View) -> None:
    """What a crawl fetched, what became of it, what is left, and what a person should look at."""
    results(view["results"])
    out = console()
    counts = f"{view['site']}: {view['fetched']} fetched, {view['captures']} captures"
    for name, count in (
        ("fresh in the archive", view["fresh"]),
        ("not looked for", view["unfit"]),
        ("refused", view["refused"]),
        ("left over", view["left"]["count"]),
    ):
        counts += f", {count} {name}" if count else ""
    out.print(f"\n{counts}.", style="bold")
    for reason, count in view["left"]["reasons"].items():
        out.print(Text.assemble(("  left over  ", "dim"), f"{count}: {reason}"))
    for notice in view["notices"]:
        out.print(Text.assemble(("  notice     ", "yellow"), notice["message"]))


def sites(rows: list[View]) -> None:
    """The sites that have a row."""
    out = console()
    for row in rows:
        out.print(
            Text.assemble(
                (f"{row['site']:<28}", "bold"), f"{row['kind']:<9}", f"{row['language']:<8}",
                row["publisher"], ("  needs a browser" if row["browser"] else "", "yellow"),
            )
        )  # fmt: skip


def watches(views: list[View]) -> None:
    """The plans that are looked for."""
    out = console()
    if not views:
        out.print("No plan is watched. Add one: variorum watch add NAME --title TITLE")
    for view in views:
        out.print(Text(view["name"], style="bold"))
        for name, values in (("title", view["titles"]), ("terms", view["terms"])):
            for value in values:
                out.print(Text.assemble((f"  {name:<7}", "dim"), value))


def _headline(view: View) -> Text:
    if not view["document"]:
        mark = "[kept, no text]" if view["status"] == "archived" else f"[{view['status']}]"
        return Text.assemble((mark, "yellow"), " ", (view["url"], "bold"))
    return Text.assemble((_MARKS[view["relation"]], "green"), " ", (view["url"], "bold"))


_MARKS = {
    "new": "[new document]",
    "same": "[same text]",
    "version": "[new version]",
    "excerpt": "[excerpt]",
}


def _lines(view: View) -> list[tuple[str, str]]:
    lines = [("title", view["title"] or ""), ("language", view["language"] or "")]
    if view["document"]:
        lines.append(("document", short(view["document"])))
    if view["version"]:
        lines.append(("version", short(view["version"])))
    if view["of"]:
        lines.append(("part of", short(view["of"])))
    lines.append(("why", view.get("because") or ""))
    lines += [("also at", url) for url in view.get("also_at", ())[:_ALSO_AT]]
    lines.append(("cut off", view["truncated"] or ""))
    lines.append(("reason", view["reason"] or ""))
    return [(name, value) for name, value in lines if value]


def matches(views: list[View], *, passages: bool = False) -> None:
    """What a lookup found, best first; what a search found, with its passages in place of addresses."""
    out = console()
    for view in views:
        out.print(
            Text.assemble(
                (f"{view['score']:.0%} {view['relation']:<8}", "green"),
                (view["title"] or "(no title)", "bold"),
                f"  {view['language']}",
            )
        )
        out.print(
            Text.assemble(
                ("  document  ", "dim"),
                short(view["document"]),
                ("  version  ", "dim"),
                f"{short(view['version'])} (no. {view['number']})",
            )
        )
        if view["evidence"]["because"]:
            out.print(Text.assemble(("  why       ", "dim"), view["evidence"]["because"]))
        if passages:
            for passage in view["evidence"]["passages"]:
                out.print(_marked(passage))
            continue
        for seen in view["witnesses"]:
            out.print(Text.assemble(("  seen at   ", "dim"), _sighting(seen)))


def _marked(passage: View) -> Text:
    line = Text(passage["text"].replace("\n", " "))
    for start, end in passage["marks"]:
        line.stylize("bold yellow", start, end)
    return Text.assemble(("  …         ", "dim"), line)


def _sighting(seen: View) -> str:
    publisher = f"  {seen['publisher']}" if seen["publisher"] else ""
    times = f" ({len(seen['captures'])} captures)" if len(seen["captures"]) > 1 else ""
    return f"{seen['url']}  {seen['captured_at'][:16].replace('T', ' ')}{times}{publisher}"


def document(view: View) -> None:
    """A document: its versions, the witnesses of each, and what is linked to it."""
    out = console()
    out.print(
        Text.assemble(("Document ", "dim"), (view["document"], "bold"), f"  {view['language']}")
    )
    for version in view["versions"]:
        out.print()
        out.print(
            Text.assemble(
                (f"Version {version['number']}  ", "bold"),
                (version["title"] or "(no title)", "bold"),
            )
        )
        out.print(Text.assemble(("  key          ", "dim"), version["version"]))
        out.print(Text.assemble(("  fingerprint  ", "dim"), version["fingerprint"]))
        for seen in version["witnesses"]:
            out.print(_witness(seen))
        for copy in version["copies"]:
            because = copy["evidence"]["because"]
            out.print(
                Text.assemble(("  copy         ", "dim"), short(copy["text"]), f"  {because}")
            )
    if view["related"]:
        out.print()
        out.print("Linked documents", style="bold")
        for link in view["related"]:
            relation = {"excerpt": "is part of", "contains": "contains"}.get(
                link["relation"], link["relation"]
            )
            out.print(f"  {relation} {short(link['document'])}  {escape(link['title'] or '')}")
            out.print(Text.assemble(("    why  ", "dim"), link["evidence"]["because"]))


def _witness(seen: View) -> Text:
    times = len(seen["captures"])
    return Text.assemble(
        ("  seen         ", "dim"),
        seen["captured_at"][:16].replace("T", " "),
        f" {times} times  " if times > 1 else "  ",
        (seen["publisher"] or "", "italic"),
        "  " if seen["publisher"] else "",
        seen["url"],
        (
            "\n               a blink: only between two sightings of another version within a day",
            "dim",
        )
        if seen["blink"]
        else "",
    )


def changes(view: View) -> None:
    """A diff: what went and what came, each with the words around it."""
    out = console()
    if not view["changes"]:
        out.print("The two texts are equal.")
    for change in view["changes"]:
        before, after = change["context"]
        out.print(
            Text.assemble(
                (f"{change['a'][0]:>7}  ", "dim"),
                before,
                (_shown("-", change["a_text"]), "red"),
                (_shown("+", change["b_text"]), "green"),
                after,
            )
        )


def _shown(sign: str, text: str) -> str:
    return f"[{sign}{text}]" if text else ""


def facts(view: View) -> None:
    """Names and values, one a line."""
    out = console()
    width = max((len(str(name)) for name in view), default=0)
    for name, value in view.items():
        out.print(Text.assemble((f"{name:<{width}}  ", "dim"), str(value)))


def problems(views: list[View]) -> None:
    """Problems with a file or an archive."""
    out = console()
    for problem in views:
        byte = "" if problem["offset"] is None else f" at byte {problem['offset']}"
        place = f"{problem['path']}{byte}"
        out.print(Text.assemble((f"{problem['code']}  ", "red"), place))
        out.print(f"    {escape(problem['message'])}")


def imports(views: list[View]) -> None:
    """What each imported file held."""
    out = console()
    for view in views:
        counts = (
            f"{view['records']} records, {view['captures']} captures, {view['new']} of them new"
        )
        out.print(Text.assemble((view["path"], "bold"), f"  {counts}"))
        problems(view["problems"])
