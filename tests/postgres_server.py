"""A real Postgres on a socket in a folder, for tests; of the system's own packages."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

_USER = "nobody"  # whom the server runs as where the tests run as root: it refuses to


def binaries() -> Path | None:
    """The folder of `initdb` and `postgres`, where the machine has them."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """The URL of an empty database, on a server that is ended afterwards."""
    at = binaries()
    assert at is not None
    data, user = folder / "data", _USER if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
        for above in folder.parents[:2]:
            above.chmod(0o755)  # pytest's folders are closed to others
    options = {"user": user, "stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
    initdb = [at / "initdb", "-D", data, "-A", "trust", "-U", "variorum", "--no-sync"]
    subprocess.run(initdb, check=True, cwd=folder, **options)  # type: ignore[call-overload]
    command = [at / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-F"]
    server = subprocess.Popen(command, cwd=folder, **options)  # type: ignore[call-overload]
    try:
        where = f"host={folder} user=variorum"
        _wait(f"{where} dbname=postgres")
        with psycopg.connect(f"{where} dbname=postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE jobs")
        yield f"postgresql://variorum@/jobs?host={folder}"
    finally:
        server.terminate()
        server.wait(600)


def _wait(where: str) -> None:
    end = time.monotonic() + 300
    while True:
        try:
            psycopg.connect(where).close()
        except psycopg.OperationalError:
            assert time.monotonic() < end, "Postgres did not start"
            time.sleep(0.1)
        else:
            return
