"""A witness report as one HTML file that needs nothing beside it: no network, no script."""

from collections import Counter
from collections.abc import Iterator
from html import escape

from pipelines.report import Event, Report, WitnessReport
from pipelines.report.model import WHOLE
from service.stemma import svg

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem;
  color: #1b1b1b; background: #fff; }
table { border-collapse: collapse; } th, td { padding: .2rem .5rem;
  border: 1px solid #bbb; text-align: left; }
.wide { overflow-x: auto; } del { background: #fbdada; } ins { background: #d9f2dd; text-decoration: none; }
.absent { background: #f3c5c5; } .partial, .truncated, .summarised { background: #fbe7c0; }
.heading_only { background: #f6dcc0; } summary { cursor: pointer; } small { color: #555; }
li { margin: .3rem 0; } .unsure { border-left: 3px solid #999; padding-left: .5rem; }
@media (prefers-color-scheme: dark) { body { color: #eee; background: #16181b; } small { color: #aaa; }
  del { background: #6b2626; } ins { background: #1f5130; } .absent { background: #6b2626; }
  .partial, .truncated, .summarised { background: #5c4713; } .heading_only { background: #59391a; } }
"""
_SHOWN = 240  # characters of a passage
_MARKS = {
    "full": "●", "partial": "◐", "truncated": "✂", "summarised": "≈", "heading_only": "H", "absent": "–"
}  # fmt: skip


def html(report: Report) -> str:
    """The file. Everything from the witnesses is escaped."""
    title = escape(report.base.identity.title or report.work)
    language = escape(report.base.identity.language)
    return "".join(
        (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Witness report: {title}</title><style>{_STYLE}</style></head><body><main>",
            f'<h1>Witness report: <span lang="{language}">{title}</span></h1>',
            *_base(report),
            *_matrix(report),
            *_descent(report),
            *(
                part
                for number, each in enumerate(report.witnesses, start=1)
                for part in _witness(number, each)
            ),
            f"<footer><small>{escape(report.recipe)}</small></footer></main></body></html>\n",
        )
    )


def _base(report: Report) -> Iterator[str]:
    base = report.base
    yield f'<p>Base text: <a href="{escape(base.identity.url)}">{escape(base.identity.url)}</a>. '
    yield f"{escape(base.because)}</p>"
    for lost in base.apparatus:
        yield (
            f"<p>Read at character {lost.at}: <ins>{escape(lost.text)}</ins>, with "
            f"{escape(', '.join(lost.witnesses))}. {escape(lost.because)}</p>"
        )


def _matrix(report: Report) -> Iterator[str]:
    """Sections down, witnesses across."""
    key = ", ".join(f"{mark} {status.replace('_', ' ')}" for status, mark in _MARKS.items())
    yield f'<h2>Sections</h2><p>{key}</p><div class="wide"><table><thead><tr><th scope="col">Section</th>'
    for number, each in enumerate(report.witnesses, start=1):
        yield f'<th scope="col"><a href="#w{number}">{number}</a> {escape(each.identity.language)}</th>'
    yield "</tr></thead><tbody>"
    for place, unit in enumerate(report.base.units):
        yield f'<tr><th scope="row">{escape(unit.path)}</th>'
        for each in report.witnesses:
            state = each.sections[place]
            times = f" ×{state.times}" if state.times > 1 else ""
            said = state.status.replace("_", " ")
            yield f'<td class="{state.status}" title="{said}">{_MARKS[state.status]}{times}</td>'
        yield "</tr>"
    yield "</tbody></table></div>"


def _descent(report: Report) -> Iterator[str]:
    yield "<h2>Who copied from whom</h2><p>A line leads from a text to what was copied from it, directly or "
    yield "by way of a lost copy. A dashed ring: not enough evidence. A dashed line: only what the page "
    yield f'itself claims.</p><div class="wide">{svg(report, "Who copied from whom")}</div><ul>'
    for edge in report.descent:
        yield (
            f"<li>{escape(edge.target)} from {escape(edge.source)}: {escape(edge.evidence)} "
            f"<small>{escape(edge.test)}, p = {edge.p:.2g}</small></li>"
        )
    for url in report.undecided:
        yield f"<li>{escape(url)}: not enough evidence</li>"
    yield "</ul>"


def _witness(number: int, each: WitnessReport) -> Iterator[str]:
    who = each.identity
    share = f"{each.coverage:.1%} of the text"
    facts = [who.language, who.publisher, who.published_at, who.source and f"source: {who.source}"]
    link = f'<a href="{escape(who.url)}">{escape(who.title or who.url)}</a>'
    yield f'<section id="w{number}"><h2>{number}. {link}</h2>'
    yield f"<p>{escape(who.url)}<br>{escape('; '.join(filter(None, [share, *facts])))}</p>"
    if each.caution:
        yield f"<p><small>{escape(each.caution)}</small></p>"
    told = [event for event in each.events if event.note != WHOLE]  # the table above tells those
    counts = Counter(event.severity for event in told)
    for severity, count in counts.items():
        grave = " open" if severity == "substantive" else ""
        unsure = sum(e.severity == severity and not e.certain for e in told)
        some = f", {unsure} of them not certain: to be read side by side" if unsure else ""
        yield f"<details{grave}><summary>{count} {severity}{some}</summary><ul>"
        for event in told:
            if event.severity == severity:
                yield _event(event, who.language)
        yield "</ul></details>"
    yield "</section>"


def _event(event: Event, language: str) -> str:
    kind = f"<b>{event.type}</b> {escape(event.section or '')}"
    base = f"<del>{_short(event.base_text)}</del> " if event.base_text else ""
    own = f'<ins lang="{escape(language)}">{_short(event.text)}</ins>' if event.text else ""
    repair = f" read as <i>{_short(event.repair)}</i>" if event.repair else ""
    where = f" at {event.span[0]}–{event.span[1]}" if event.span else ""
    unsure = "" if event.certain else ' class="unsure"'
    return (
        f"<li{unsure}>{kind}: {base}{own}{repair} <small>{escape(event.note)}{where}</small></li>"
    )


def _short(said: str) -> str:
    return escape(said if len(said) <= _SHOWN else f"{said[:_SHOWN]}…")
