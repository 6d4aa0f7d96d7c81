"""Plans to watch: a user's wishes, kept beside the archive's evidence in `watches.json`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from archive import files, folder
from archive.errors import ArchiveError, UnknownKey
from archive.store import Archive
from crawlers.discovery.wish import Wish

FILE = "watches.json"
_LOCK = "watches.lock"
_MOST, _LONGEST = 100, 500  # titles, and terms; characters of one


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A plan that somebody looks for."""

    name: str
    titles: tuple[str, ...] = ()  # in any languages
    terms: tuple[str, ...] = ()  # each a few words, all of which must be there

    def wish(self) -> Wish:
        """What links are held against."""
        return Wish(titles=self.titles, terms=self.terms)


class UnreadableWatches(ArchiveError):
    """The file of watches is not what this program wrote."""

    def __init__(self, path: Path, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(f"{path} cannot be read as a list of watches ({why}). Mend or remove it.")


class UnusableWatch(ValueError):
    """A watch that would find nothing, or everything, or could not be named."""


def new_watch(name: str, titles: Iterable[str], terms: Iterable[str]) -> Watch:
    """The watch, its texts without the spaces around them; not kept yet.

    Raises:
        UnusableWatch: its name is empty or has a slash, or there is nothing to look for, or too much.
    """
    named, *wanted = (
        name.strip(),
        *(tuple(plain for each in group if (plain := each.strip())) for group in (titles, terms)),
    )
    new = Watch(name=named, titles=wanted[0], terms=wanted[1])
    if not named or "/" in named or not named.isprintable():
        raise UnusableWatch("A watch needs a name without slashes and line breaks.")
    if new.wish().is_empty:
        raise UnusableWatch("A watch needs a title or terms with letters in them.")
    texts = (*new.titles, *new.terms)
    if len(texts) > _MOST or max(map(len, texts)) > _LONGEST:
        raise UnusableWatch(
            f"A watch has at most {_MOST} titles and terms of at most {_LONGEST} characters."
        )
    return new


def watches(archive: Path) -> tuple[Watch, ...]:
    """All watches of the archive in this folder, by name.

    Raises:
        UnreadableWatches: the file was changed to something else.
    """
    path = archive / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=tuple[Watch, ...])
    except FileNotFoundError:
        return ()
    except (OSError, msgspec.MsgspecError) as error:
        raise UnreadableWatches(path, str(error)) from error


def watch(archive: Path, name: str) -> Watch:
    """The watch of this name.

    Raises:
        UnknownKey: there is none.
        UnreadableWatches: the file was changed to something else.
    """
    for each in watches(archive):
        if each.name == name:
            return each
    raise UnknownKey(name)


def add(archive: Path, new: Watch) -> None:
    """Keep a watch; one of the same name is replaced.

    Raises:
        NotAnArchive: the folder holds something else.
        ArchiveBusy: another command changes the watches at this moment.
        NotKept: the disk would not take it.
        UnreadableWatches: the file was changed to something else.
    """
    if folder.is_vacant(archive):
        Archive.open(archive, write=True).close()
    folder.check_format(archive)
    _write(archive, lambda kept: (*(each for each in kept if each.name != new.name), new))


def remove(archive: Path, name: str) -> None:
    """Forget a watch.

    Raises:
        UnknownKey: there is none of this name.
        ArchiveBusy: another command changes the watches at this moment.
        NotKept: the disk would not take it.
        UnreadableWatches: the file was changed to something else.
    """
    watch(archive, name)
    _write(archive, lambda kept: tuple(each for each in kept if each.name != name))


def _write(archive: Path, change: Callable[[tuple[Watch, ...]], tuple[Watch, ...]]) -> None:
    with files.writer_lock(archive / _LOCK):
        changed = sorted(change(watches(archive)), key=lambda each: each.name)
        data = msgspec.json.format(msgspec.json.encode(changed), indent=2)
        files.replace(archive / FILE, data + b"\n")
