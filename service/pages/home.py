"""The first page, the page of sites, and the page of the archive's health."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from archive.changes import Change, latest
from archive.store import Archive
from archive.verify import rounds
from service.jobs import Job, Jobs
from service.jobs.rows import site_rows
from service.pages.jobs import jobs_page
from service.watches import Watch, watches

_CHANGES, _JOBS = 20, 5  # on the first page
_COUNTED: dict[Path, tuple[dict[str, int], dict[str, int]]] = {}  # sizes of WARC files, and counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What the archive holds, and what changed lately."""

    counts: dict[str, int]  # captures, documents, versions, witnesses, ...
    changes: tuple[Change, ...]  # newest first
    jobs: tuple[Job, ...]  # newest first
    running: int  # jobs that are at work or wait for it


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesPage:
    """Changes, newest first."""

    changes: tuple[Change, ...]
    document: str | None  # only its changes were asked for
    older: str | None  # id of the last one here where there are more behind it


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRow:
    """A site that can be crawled by its name."""

    name: str
    kind: str  # ministry, news, trade
    publisher: str
    language: str  # BCP 47
    hosts: tuple[str, ...]
    delay_seconds: float | None  # None: the usual one
    hours: tuple[str, ...]  # "22:00-06:00" in `zone`; () is always
    zone: str
    browser: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SitesPage:
    """The sites that have a row, and the plans to look for."""

    sites: tuple[SiteRow, ...]  # by name
    watches: tuple[Watch, ...]  # by name


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProof:
    """When one WARC file was last proved."""

    warc: str  # path below the archive folder
    bytes: int  # that are in the index
    proved_at: datetime | None  # UTC; None: never


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthPage:
    """What the archive weighs, and when it was last proved to be what was written."""

    counts: dict[str, int]
    warc_files: int
    warc_bytes: int
    index_bytes: int
    files: tuple[FileProof, ...]  # longest unproved first
    never_proved: int  # files
    oldest_proof: datetime | None  # of those that were ever proved; UTC
    verifications: tuple[Job, ...]  # the newest first
    queue: dict[str, int]  # jobs by state
    waiting_since: datetime | None  # of the job that has waited longest; UTC


def counts(archive: Archive) -> dict[str, int]:
    """How much of everything there is, counted again only when the archive has grown.

    Whatever changes the index is written to a WARC file first, so their sizes say whether it is the same.
    """
    size = archive.index.indexed()
    known = _COUNTED.get(archive.path)
    if known is None or known[0] != size:
        known = (size, archive.index.counts())
        _COUNTED[archive.path] = known
    return known[1]


def home(archive: Archive, jobs: Jobs) -> Home:
    """The first page.

    Raises:
        JobsUnreachable: the database of jobs cannot be used.
    """
    states = jobs.counts()
    return Home(
        counts=counts(archive),
        changes=latest(archive.index, limit=_CHANGES),
        jobs=jobs_page(jobs, kind=None, state=None, before=None, limit=_JOBS).jobs,
        running=states.get("queued", 0) + states.get("running", 0),
    )


def changes_page(
    archive: Archive, *, document: str | None, before: str | None, limit: int
) -> ChangesPage:
    """The changes before the one with the id `before`, newest first.

    Raises:
        UnknownKey: there is no such change or document.
    """
    found = latest(archive.index, before=before, limit=limit + 1, document=document)
    older = found[limit - 1].id if len(found) > limit else None
    return ChangesPage(changes=found[:limit], document=document, older=older)


def sites_page(archive: Path) -> SitesPage:
    """The sites that have a row.

    Raises:
        UnusableArgument: a file of rows is wrong.
        UnreadableWatches: the file of watches was changed to something else.
    """
    rows = tuple(
        SiteRow(
            name=row.name,
            kind=row.kind,
            publisher=row.publisher,
            language=row.language,
            hosts=row.hosts,
            delay_seconds=row.delay_seconds,
            hours=row.hours,
            zone=row.zone,
            browser=row.browser,
        )
        for _, row in sorted(site_rows().items())
    )
    return SitesPage(sites=rows, watches=watches(archive))


def health_page(archive: Archive, jobs: Jobs) -> HealthPage:
    """What the archive weighs, and when it was last proved.

    Raises:
        JobsUnreachable: the database of jobs cannot be used.
    """
    times = rounds.last_proved(archive.path)
    indexed = archive.index.indexed()
    files = [
        FileProof(warc=name, bytes=size, proved_at=times.get(name))
        for name, size in indexed.items()
    ]
    start = datetime.min.replace(tzinfo=UTC)
    files.sort(key=lambda each: (each.proved_at or start, each.warc))
    return HealthPage(
        counts=counts(archive),
        warc_files=len(files),
        warc_bytes=sum(indexed.values()),
        index_bytes=_size(archive.path / "index.sqlite"),
        files=tuple(files),
        never_proved=sum(each.proved_at is None for each in files),
        oldest_proof=min((each.proved_at for each in files if each.proved_at), default=None),
        verifications=jobs_page(jobs, kind="verify", state=None, before=None, limit=_JOBS).jobs,
        queue={str(state): count for state, count in jobs.counts().items()},
        waiting_since=jobs.oldest_queued_at(),
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
