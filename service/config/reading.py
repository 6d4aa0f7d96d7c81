"""The configuration from its file and the environment, or a sentence that says what is wrong where."""

import os
import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from archive.changes import KINDS
from service.config.model import Config, Limits, Log, Mail, Webhook
from service.config.table import SETTINGS, Setting, Value, secret, web_address

FILE_VARIABLE = "VARIORUM_CONFIG"  # names the file when the command line does not
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_NAMES = {
    str: "text in quotes",
    int: "a whole number",
    bool: "true or false",
    tuple: "a list of texts",
}
_HEADER = re.compile(r"\s*\[\[?\s*([\w.-]+)\s*\]\]?")
_KEY = re.compile(r"\s*([\w.-]+)\s*=")
_WEBHOOK_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class UnusableConfig(Exception):
    """The configuration cannot be used. `line` is that of the file, 0 where there is none."""

    def __init__(self, where: str, line: int, key: str, why: str) -> None:
        self.where, self.line, self.key, self.why = where, line, key, why
        place = f"{where}, line {line}" if line else where
        super().__init__(f"{place}: {key}{' ' if key else ''}{why}.")


def read_config(path: Path | None, environ: Mapping[str, str]) -> Config:
    """The configuration: defaults, outranked by the file, outranked by the environment.

    Without `path`, VARIORUM_CONFIG may name the file; without both there is none.

    Raises:
        UnusableConfig: the file is missing or no TOML; a key is unknown; a value does not fit.
    """
    source = _Source(_named(path, environ))
    values = _values(source, environ)
    hooks = tuple(_webhook(source, number, row) for number, row in enumerate(source.webhooks, 1))
    for number, hook in enumerate(hooks):
        if hook.name in {other.name for other in hooks[:number]}:
            raise source.error("webhooks", f"has two with the name {hook.name!r}")
    return _config(values, hooks, source)


def effective(path: Path | None, environ: Mapping[str, str]) -> dict[str, Any]:
    """The value of every setting as `read_config` takes it, by key; secrets as "set" or "".

    Raises:
        UnusableConfig: as for `read_config`.
    """
    values = _values(_Source(_named(path, environ)), environ)
    shown: dict[str, Any] = {}
    for setting in SETTINGS:
        value = values[setting.key]
        if setting.secret:
            value = "set" if value else ""
        shown[setting.key] = list(value) if isinstance(value, tuple) else value
    return shown


def _named(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    return path or (Path(environ[FILE_VARIABLE]) if environ.get(FILE_VARIABLE) else None)


def _values(source: "_Source", environ: Mapping[str, str]) -> dict[str, Value]:
    """The value of every setting: the default, that of the file, that of the environment."""
    values = {setting.key: setting.default for setting in SETTINGS} | source.values()
    for setting in SETTINGS:
        if text := environ.get(setting.variable):  # an empty one is as none
            values[setting.key] = _of_environment(setting, text)
    return values


class _Source:
    """The file, and where in it each key stands."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._text = ""
        self._rows: dict[str, Any] = {}
        self.webhooks: list[Any] = []
        if path is None:
            return
        try:
            self._text = path.read_bytes().decode()
            self._rows = tomllib.loads(self._text)
        except OSError as error:
            raise UnusableConfig(str(path), 0, "", f"cannot be read ({error.strerror})") from error
        except UnicodeDecodeError as error:
            raise UnusableConfig(str(path), 0, "", "is no UTF-8 text") from error
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            found = re.search(r"at line (\d+)", str(error))
            line = int(found[1]) if found else self._text.count("\n") + 1
            why = f"this is no TOML ({str(error).partition(' (at ')[0]})"
            raise UnusableConfig(str(path), line, "", why) from error
        rows = self._rows.pop("webhooks", [])
        if not isinstance(rows, list):
            raise self.error("webhooks", "must be a list of tables: [[webhooks]]")
        self.webhooks = rows

    def values(self) -> dict[str, Value]:
        """What the file says, by the key of the setting."""
        known = {setting.key: setting for setting in SETTINGS}
        found: dict[str, Value] = {}
        for key, value in _flattened(self._rows):
            if key not in known:
                raise self.error(key, f"is no setting{_meant(key, tuple(known))}")
            typed = _typed(known[key], value)
            why = typed if isinstance(typed, _Wrong) else known[key].check(typed)
            if why:
                raise self.error(key, why)
            found[key] = typed
        return found

    def error(self, key: str, why: str, number: int = 1) -> UnusableConfig:
        """An error at the key; `number` counts the tables of the same name."""
        where = str(self._path) if self._path else "the environment"
        return UnusableConfig(where, self._line(key, number), key, str(why))

    def _line(self, key: str, number: int) -> int:
        """The line of the key; that of its table where it has none; 0 where the file does not have it."""
        section, seen, best = "", 0, 0
        table = key.rpartition(".")[0] or key
        for line, text in enumerate(self._text.splitlines(), 1):
            if header := _HEADER.match(text):
                section = header[1]
                seen += section == table
                if section in (table, key) and seen == number:
                    best = best or line
            elif (
                (named := _KEY.match(text))
                and number in (seen, 1)
                and (".".join(part for part in (section, named[1]) if part) == key)
            ):
                return line
        return best


class _Wrong(str):
    """What is wrong with a value."""

    __slots__ = ()


def _flattened(rows: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    """Dotted keys and their values."""
    found: list[tuple[str, Any]] = []
    for name, value in rows.items():
        if isinstance(value, dict):
            found += _flattened(value, f"{before}{name}.")
            if any(setting.key == before + name for setting in SETTINGS):
                found.append((before + name, value))
        else:
            found.append((before + name, value))
    return found


def _meant(key: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(key, known, 1)
    return f"; {close[0]} is" if close else ""


def _typed(setting: Setting, value: Any) -> Value | _Wrong:
    """A value of the file, if it has the type of the setting."""
    wanted = type(setting.default)
    if wanted is tuple and isinstance(value, list) and all(isinstance(v, str) for v in value):
        return tuple(value)
    typed: Value = value
    return typed if type(value) is wanted else _Wrong(f"must be {_NAMES[wanted]}")


def _of_environment(setting: Setting, text: str) -> Value:
    value: Value | _Wrong = text
    if isinstance(setting.default, bool):
        value = _WORDS.get(text.strip().lower(), _Wrong("must be true or false"))
    elif isinstance(setting.default, int):
        digits = text.strip()
        whole = digits.isascii() and digits.isdigit() and len(digits) < 19
        value = int(digits) if whole else _Wrong("must be a whole number")
    elif isinstance(setting.default, tuple):
        # VARIORUM_SITES has always been a path list
        between = os.pathsep if setting.key == "sites" else ","
        value = tuple(part.strip() for part in text.split(between) if part.strip())
    why = value if isinstance(value, _Wrong) else setting.check(value)
    if why:
        raise UnusableConfig("the environment", 0, setting.variable, why)
    return value


def _webhook(source: _Source, number: int, row: Any) -> Webhook:
    known = {"name": str, "url": str, "secret": str, "kinds": list}
    if not isinstance(row, dict):
        raise source.error("webhooks", "must be a list of tables: [[webhooks]]")
    for key, value in row.items():
        if key not in known:
            why = f"is no setting of a webhook{_meant(key, tuple(known))}"
            raise source.error(f"webhooks.{key}", why, number)
        if not isinstance(value, known[key]):
            raise source.error(f"webhooks.{key}", "has a value of the wrong type", number)
    name, kinds = row.get("name", ""), tuple(row.get("kinds", ()))
    wrong = {
        "name": "" if _WEBHOOK_NAME.fullmatch(name) else "must be 1 to 64 of A-Z a-z 0-9 - _",
        "url": web_address(row.get("url", "")) if row.get("url") else "must be given",
        "secret": secret(row.get("secret", "")),
        "kinds": "" if set(kinds) <= set(KINDS) else f"must be some of {', '.join(KINDS)}",
    }
    for key, why in wrong.items():
        if why:
            raise source.error(f"webhooks.{key}", why, number)
    return Webhook(name=name, url=row["url"], secret=row["secret"], kinds=kinds)


def _config(values: dict[str, Value], webhooks: tuple[Webhook, ...], source: _Source) -> Config:
    given = cast("dict[str, Any]", values)
    archive = Path(given["archive"])
    ports = (given["server.port"], given["replay.port"])
    if ports[0] == ports[1] != 0 and given["server.host"] == given["replay.host"]:
        raise source.error("replay.port", "must differ from server.port: it is another origin")
    return Config(
        archive=archive,
        database_url=given["database"] or beside(archive),
        contact=given["contact"],
        allow_addresses=given["allow_addresses"],
        sites=tuple(map(Path, given["sites"])),
        language=given["language"],
        host=given["server.host"],
        port=given["server.port"],
        url=given["server.url"] or _address(given["server.host"], given["server.port"]),
        hosts=given["server.hosts"],
        trusted_proxies=given["server.trusted_proxies"],
        public_reading=given["server.public_reading"],
        writing=given["server.writing"],
        stop_seconds=given["server.stop_seconds"],
        replay_host=given["replay.host"],
        replay_port=given["replay.port"],
        replay_url=given["replay.url"] or _address(given["replay.host"], given["replay.port"]),
        fresh_seconds=given["jobs.fresh_seconds"],
        heartbeat_seconds=given["jobs.heartbeat_seconds"],
        limits=Limits(
            reads_per_minute=given["limits.reads_per_minute"],
            writes_per_minute=given["limits.writes_per_minute"],
            body_bytes=given["limits.body_bytes"],
            upload_bytes=given["limits.upload_bytes"],
        ),
        mail=_mail(given, source),
        webhooks=webhooks,
        log=Log(format=given["log.format"], level=given["log.level"]),
    )


def beside(archive: Path) -> str:
    """The address of the database of jobs that lies beside an archive folder."""
    folder = archive.absolute()
    return f"sqlite:///{folder.with_name(folder.name + '-jobs.sqlite')}"


def _address(host: str, port: int) -> str:
    named = f"[{host}]" if ":" in host else host
    return f"http://{named}:{port}" if port not in (0, 80) else f"http://{named}"


def _mail(given: dict[str, Any], source: _Source) -> Mail | None:
    if not given["mail.host"]:
        return None
    for key in ("mail.from", "mail.to"):
        if not given[key]:
            raise source.error(key, "must be given with mail.host")
    return Mail(
        host=given["mail.host"],
        port=given["mail.port"],
        security=given["mail.security"],
        user=given["mail.user"],
        password=given["mail.password"],
        sender=given["mail.from"],
        to=given["mail.to"],
        every_hours=given["mail.every_hours"],
    )
