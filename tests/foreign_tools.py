"""Tools of others in environments of their own: never imported here, because of their licences or needs."""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import pytest

_FOLDER = (
    Path(tempfile.gettempdir()) / f"variorum-tools-{sys.version_info.major}{sys.version_info.minor}"
)


def tool(program: str, *packages: str) -> Path:
    """The program in an environment that has the packages; the test is skipped where they cannot be had."""
    home = _FOLDER / program
    found = home / "bin" / program
    if not found.exists():
        venv.create(home, with_pip=True, clear=True)
        command = [str(home / "bin" / "pip"), "install", "--quiet", *packages]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
        if ended.returncode != 0 or not found.exists():
            found.unlink(missing_ok=True)
            pytest.skip(f"{' '.join(packages)} cannot be installed here")
    return found


def run(program: Path, *arguments: str | Path, folder: Path | None = None) -> str:
    """What the program prints; it must end well."""
    command = [str(program), *map(str, arguments)]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=folder, timeout=120
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
