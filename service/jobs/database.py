"""The database of jobs and schedules: a SQLite file beside the archive's folder, or Postgres by its URL.

Beside our own tables it holds those of DBOS, which is the queue: a job and its place in the queue are
written in one transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dbos import DBOS
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from service.config.reading import beside
from service.jobs.errors import JobsBusy, JobsUnreachable

_SQLITE = "sqlite:///"
WAIT_SECONDS = 10.0  # for another process to finish its transaction
_SCHEMA = "variorum"  # on Postgres; SQLite has none
_WRITES = "variorum_writes"
VERSION = 1  # of the tables below

tables = sa.MetaData()
_TIME = sa.String(32)  # UTC with microseconds, so that text order is time order

facts = sa.Table(
    "facts",
    tables,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
jobs = sa.Table(
    "jobs",
    tables,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("argument", sa.Text, nullable=False),  # JSON
    sa.Column("same_as", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("settled", sa.Integer),
    sa.Column("total", sa.Integer),
    sa.Column("latest", sa.Text),
    sa.Column("waiting", sa.Text),
    sa.Column("created_at", _TIME, nullable=False),
    sa.Column("started_at", _TIME),
    sa.Column("ended_at", _TIME),
    sa.Column("result", sa.Text),  # JSON
    sa.Column("error", sa.Text),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    # How often somebody asked for it again.
    sa.Column("tries", sa.Integer, nullable=False, default=0),
    sa.Column("fetched", sa.Integer, nullable=False, default=0),  # answers, lists included
    sa.Column("captures", sa.Integer, nullable=False, default=0),  # all that was kept
    sa.Column("worker", sa.Text),  # that has it
    sa.Column("schedule", sa.Text),
    sa.Index("jobs_same", "same_as", "id"),
    sa.Index("jobs_state", "state", "id"),
    sa.Index("jobs_schedule", "schedule", "id"),
)
pages = sa.Table(  # the addresses, or files, that a job has come to
    "pages",
    tables,
    sa.Column("job", sa.String(16), primary_key=True),
    sa.Column("url", sa.Text, primary_key=True),
    sa.Column("place", sa.Integer, nullable=False),  # 0, 1, ... in the order of arrival
    sa.Column("answered_by", sa.Text, nullable=False),  # address of the answer, behind redirects
    sa.Column("fetched_at", _TIME, nullable=False),  # of the capture that is to be kept
    sa.Column("result", sa.Text),  # JSON; missing until it is settled
)
log = sa.Table(
    "log",
    tables,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("job", sa.String(16), nullable=False),
    sa.Column("at", _TIME, nullable=False),
    sa.Column("level", sa.String(8), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Index("log_job", "job", "number"),
    sqlite_autoincrement=True,
)
leases = sa.Table(  # hosts that a crawl is at
    "leases",
    tables,
    sa.Column("host", sa.Text, primary_key=True),
    sa.Column("job", sa.String(16), nullable=False),
    sa.Column("worker", sa.Text, nullable=False),
    sa.Column("since", _TIME, nullable=False),
)
workers = sa.Table(
    "workers",
    tables,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("began_at", _TIME, nullable=False),
    sa.Column("beat_at", _TIME, nullable=False),
)
schedules = sa.Table(
    "schedules",
    tables,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("site", sa.Text),
    sa.Column("watch", sa.Text),
    sa.Column("cron", sa.Text, nullable=False),
    sa.Column("zone", sa.Text, nullable=False),
    sa.Column("jitter_seconds", sa.Float, nullable=False),
    sa.Column("paused", sa.Boolean, nullable=False),
    sa.Column("created_at", _TIME, nullable=False),
    sa.Column("due", _TIME),  # as the cron line has it; missing when it has no more
    sa.Column("due_at", _TIME),  # the same with its jitter
)
runs = sa.Table(  # what a schedule has asked for: each time once
    "runs",
    tables,
    sa.Column("schedule", sa.Text, primary_key=True),
    sa.Column("due", _TIME, primary_key=True),
    sa.Column("job", sa.String(16), primary_key=True),
    sa.Column("ran_at", _TIME, nullable=False),
)


class Database:
    """Connections to the database; every error comes out as one of ours."""

    def __init__(
        self, url: sa.URL, wait_seconds: float = WAIT_SECONDS, *, synced: bool = True
    ) -> None:
        """`wait_seconds` is how long another process may have it locked.

        What is written outlives the process in any case, and a power cut if `synced`.
        """
        self.url = url
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self._engine = _engine(url, wait_seconds, synced=synced)
        self._writing = self._engine.execution_options(**{_WRITES: True})

    @property
    def dbos_url(self) -> str:
        """The URL as DBOS takes it, secrets included."""
        return self.url.render_as_string(hide_password=False)

    @property
    def name(self) -> str:
        """The URL as people may see it."""
        return self.url.database or "" if self.is_sqlite else self.url.render_as_string()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection to look things up with.

        Raises:
            JobsUnreachable: the database does not answer, or it is locked.
        """
        with self.errors(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction: all or nothing, and on the disk when the context ends.

        Raises:
            JobsUnreachable: the database does not answer, or it is locked.
        """
        with self.errors(), self._writing.begin() as connection:
            yield connection

    def prepare(self) -> None:
        """Make the tables where they are missing.

        Raises:
            JobsUnreachable: the database cannot be made, or a later Variorum made it.
        """
        if self._version() == VERSION:
            return
        with self.errors():
            DBOS.migrate(self.dbos_url)
        with self.writing() as connection:
            if not self.is_sqlite:
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(7263540)"))  # any number
                connection.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {_SCHEMA}"))
            tables.create_all(connection)
            known = connection.scalar(sa.select(facts.c.value).where(facts.c.name == "version"))
            if known is None:
                connection.execute(facts.insert().values(name="version", value=str(VERSION)))

    def lock(self, connection: sa.Connection, name: str) -> None:
        """Hold the name alone until the transaction ends; on SQLite every writer is alone."""
        if not self.is_sqlite:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(name))))

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Nobody else who wants the name goes on meanwhile; of a SQLite file there is one worker anyhow.

        Raises:
            JobsUnreachable: the database does not answer.
        """
        if self.is_sqlite:
            yield
            return
        with self.writing() as connection:
            self.lock(connection, name)
            yield

    def clear(self) -> None:
        """Forget every job and schedule, for good; the archive knows nothing of them.

        Raises:
            JobsUnreachable: the database cannot be used.
        """
        with self.writing() as connection:
            for table in (jobs, pages, log, leases, workers, schedules, runs):
                connection.execute(table.delete())

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()

    def _version(self) -> int:
        """Of the tables that are there; 0 where there are none."""
        with self.reading() as connection:
            if not sa.inspect(connection).has_table(
                "facts", schema=None if self.is_sqlite else _SCHEMA
            ):
                return 0
            found = connection.scalar(sa.select(facts.c.value).where(facts.c.name == "version"))
        if found is not None and int(found) > VERSION:
            raise JobsUnreachable(self.name, "a later Variorum made it; upgrade Variorum")
        return int(found or 0)

    @contextmanager
    def errors(self) -> Iterator[None]:
        """What the database says is wrong with it, as one of our errors."""
        try:
            yield
        except DBAPIError as error:
            if "locked" in str(error.orig):
                raise JobsBusy(self.name) from error
            raise JobsUnreachable(self.name, _first_line(error.orig)) from error
        except SQLAlchemyError as error:
            raise JobsUnreachable(self.name, _first_line(error)) from error


def database_url(url: str | None, archive: Path) -> sa.URL:
    """The URL of the database; without one, that of a SQLite file beside the archive's folder.

    Raises:
        JobsUnreachable: it is no URL, or of a database that we do not know.
    """
    url = url or beside(archive)
    if url.startswith(_SQLITE):
        return sa.URL.create("sqlite", database=url.removeprefix(_SQLITE))  # whatever its name has
    try:
        parsed = sa.make_url(url)
    except SQLAlchemyError as error:
        raise JobsUnreachable("(a secret)", "its URL cannot be read") from error
    backend = parsed.drivername.partition("+")[0]
    if backend in {"postgresql", "postgres"}:
        return parsed.set(drivername="postgresql+psycopg")
    raise JobsUnreachable(parsed.render_as_string(), "only sqlite:/// and postgresql:// are known")


def _engine(url: sa.URL, wait_seconds: float, *, synced: bool) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(
            url, pool_pre_ping=True, execution_options={"schema_translate_map": {None: _SCHEMA}}
        )
    engine = sa.create_engine(url, connect_args={"timeout": wait_seconds})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # `begin` below says how
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={'FULL' if synced else 'NORMAL'}")

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # A reader that would write later cannot be helped when another one wrote in between.
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _first_line(error: object) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")
