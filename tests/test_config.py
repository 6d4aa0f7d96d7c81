"""The configuration: defaults, file, environment in this order; what is wrong is named with its line."""

import os
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.config import SETTINGS, Config, UnusableConfig, effective, example_file, read_config
from tests.commands import Variorum

ROOT = Path(__file__).resolve().parents[1]
FILE = """\
archive = "plans"

[server]
port = 9000
hosts = ["plans.example", "localhost"]
url = "https://plans.example"

[mail]
host = "mail.example"
from = "variorum@plans.example"
to = ["desk@plans.example"]

[[webhooks]]
name = "desk"
url = "https://hooks.example/in"
secret = "0123456789abcdef"
kinds = ["version"]

[[webhooks]]
name = "all"
url = "https://hooks.example/all"
secret = "fedcba9876543210"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "variorum.toml"
    path.write_text(text, "utf-8")
    return path


def test_without_a_file_the_defaults_hold() -> None:
    config = read_config(None, {})
    assert config.archive == Path("variorum-archive")
    assert (config.host, config.port) == ("127.0.0.1", 8420)
    assert config.url == "http://127.0.0.1:8420"
    assert config.replay_url == "http://127.0.0.1:8421"
    assert config.database_url.startswith("sqlite:///")
    assert config.database_url.endswith("/variorum-archive-jobs.sqlite")
    assert config.mail is None
    assert config.webhooks == ()
    assert config.public_reading


def test_the_file_says_otherwise(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, FILE), {})
    assert config.archive == Path("plans")
    assert config.port == 9000
    assert config.hosts == ("plans.example", "localhost")
    assert config.mail is not None
    assert config.mail.to == ("desk@plans.example",)
    assert [(hook.name, hook.kinds) for hook in config.webhooks] == [
        ("desk", ("version",)),
        ("all", ()),
    ]


def test_the_environment_outranks_the_file(tmp_path: Path) -> None:
    environ = {
        "VARIORUM_SERVER_PORT": "9100",
        "VARIORUM_SERVER_HOSTS": " a.example , b.example ",
        "VARIORUM_SERVER_PUBLIC_READING": "no",
        "VARIORUM_ARCHIVE": "",
        "VARIORUM_SITES": os.pathsep.join(("a.toml", "b.toml")),
    }
    config = read_config(written(tmp_path, FILE), environ)
    assert config.port == 9100
    assert config.hosts == ("a.example", "b.example")
    assert not config.public_reading
    assert config.archive == Path("plans")
    assert config.sites == (Path("a.toml"), Path("b.toml"))


def test_the_environment_may_name_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, FILE)
    assert read_config(None, {"VARIORUM_CONFIG": str(path)}).port == 9000


@pytest.mark.parametrize(
    ("text", "line", "key", "why"),
    [
        ('archive = "a"\n[server]\nporte = 1\n', 3, "server.porte", "server.port is"),
        ('[server]\n\nport = "80"\n', 3, "server.port", "a whole number"),
        ("[server]\nport = true\n", 2, "server.port", "a whole number"),
        ("[server]\nport = 70000\n", 2, "server.port", "from 0 to 65535"),
        ("[server]\npublic_reading = 1\n", 2, "server.public_reading", "true or false"),
        ('[server]\nhosts = "a"\n', 2, "server.hosts", "a list of texts"),
        ("[server]\nhosts = [1]\n", 2, "server.hosts", "a list of texts"),
        ("server.port = 0.5\n", 1, "server.port", "a whole number"),
        ('archive = ""\n', 1, "archive", "not be empty"),
        ("[archive]\n", 1, "archive", "text in quotes"),
        ('allow_addresses = "10.0.0.0/8:99999"\n', 1, "allow_addresses", "port 99999"),
        ('database = "mysql://x"\n', 1, "database", "sqlite:///"),
        ('[server]\nurl = "ftp://a"\n', 2, "server.url", "http or https"),
        ('[server]\nurl = "https://a/"\n', 2, "server.url", "slash"),
        ('[log]\nlevel = "loud"\n', 2, "log.level", "debug, info"),
        ('[mail]\nhost = "m"\n', 1, "mail.from", "with mail.host"),
        ('[mail]\nhost = "m"\nfrom = "nobody"\n', 3, "mail.from", "mail address"),
        ('[mail]\nto = ["a@b", "c\\nd@e"]\n', 2, "mail.to", "mail address"),
        ("[replay]\nport = 8420\n", 2, "replay.port", "another origin"),
        ("webhooks = 1\n", 1, "webhooks", "list of tables"),
        ('[[webhooks]]\nname = "a b"\n', 2, "webhooks.name", "A-Z"),
        ('[[webhooks]]\nname = "a"\n', 1, "webhooks.url", "must be given"),
        ('[[webhooks]]\nname = "a"\nurl = "x"\n', 3, "webhooks.url", "http or https"),
        ('[[webhooks]]\nname = "a"\nurl = "http://x"\nsecret = "short"\n', 4, "webhooks.secret", "16"),
        (FILE + 'kinds = ["all"]\n', 23, "webhooks.kinds", "document, version"),
        (FILE + "kind = 1\n", 23, "webhooks.kind", "kinds is"),
        (FILE.replace('"all"', '"desk"'), 13, "webhooks", "two with the name"),
        ("a = \n", 1, "", "no TOML"),
        ("[a\n", 1, "", "no TOML"),
        ('a = "' + "[" * 5000, 1, "", "no TOML"),
        ("a = " + "[" * 5000, 1, "", "no TOML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line_and_key(
    tmp_path: Path, text: str, line: int, key: str, why: str
) -> None:
    with pytest.raises(UnusableConfig) as caught:
        read_config(written(tmp_path, text), {})
    assert (caught.value.line, caught.value.key) == (line, key), str(caught.value)
    assert why in caught.value.why or why in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VARIORUM_SERVER_PORT", "eighty"),
        ("VARIORUM_SERVER_PORT", "-1"),
        ("VARIORUM_SERVER_PORT", "9" * 30),
        ("VARIORUM_SERVER_PORT", "１"),
        ("VARIORUM_SERVER_PUBLIC_READING", "maybe"),
        ("VARIORUM_ALLOW_ADDRESSES", "localhost"),
    ],
)
def test_a_variable_that_does_not_fit_is_named(name: str, value: str) -> None:
    with pytest.raises(UnusableConfig, match=name):
        read_config(None, {name: value})


def test_a_file_that_is_missing_or_no_text_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(UnusableConfig, match="cannot be read"):
        read_config(tmp_path / "none.toml", {})
    path = tmp_path / "bytes.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UnusableConfig, match="UTF-8"):
        read_config(path, {})


@given(st.text(max_size=80))
def test_any_text_is_a_configuration_or_named_as_none(text: str) -> None:
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"variorum-config-{os.getpid()}.toml"
    path.write_text(text, "utf-8", errors="replace")
    try:
        read_config(path, {})
    except UnusableConfig as error:
        named = error.where
    else:
        named = str(path)
    finally:
        path.unlink()
    assert named == str(path)


def test_every_setting_has_a_variable_of_its_own_and_reaches_the_configuration() -> None:
    assert len({setting.variable for setting in SETTINGS}) == len(SETTINGS)
    assert {each.name for each in fields(Config)} >= {
        "archive",
        "database_url",
        "limits",
        "webhooks",
    }
    for setting in SETTINGS:
        assert setting.check(setting.default) == "" or setting.key in ("mail.from", "mail.to")


def test_the_example_holds_every_setting_and_changes_nothing(tmp_path: Path) -> None:
    text = example_file()
    assert read_config(written(tmp_path, text), {}) == read_config(None, {})
    for setting in SETTINGS:
        assert setting.variable in text


def test_the_example_can_be_put_in_force_line_by_line(tmp_path: Path) -> None:
    lines = example_file().partition("\n# [[webhooks]]")[0].splitlines()
    live = [
        line.removeprefix("# ") if " = " in line and line.startswith("# ") else line
        for line in lines
    ]
    kept = [
        line
        for line in live
        if " = " not in line or line.split(" = ")[0].replace("_", "").isalpha()
    ]
    assert read_config(written(tmp_path, "\n".join(kept)), {}) == read_config(None, {})


def test_the_manual_names_every_setting_with_its_default() -> None:
    manual = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    for setting in SETTINGS:
        assert f"`{setting.key}`" in manual, setting.key
        assert f"`{setting.variable}`" in manual, setting.variable


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    environ = {"VARIORUM_MAIL_PASSWORD": "hunter2", "VARIORUM_DATABASE": "postgresql://u:pw@h/d"}
    shown = effective(written(tmp_path, FILE), environ)
    assert shown["mail.password"] == shown["database"] == "set"
    assert "hunter2" not in str(shown)


def test_the_command_checks_a_file(tmp_path: Path) -> None:
    variorum = Variorum(tmp_path / "archive")
    good = variorum("config", "check", "--config", str(written(tmp_path, FILE)), "--json")
    assert good.status == 0
    assert good.json["settings"]["server.port"] == 9000
    assert "0123456789abcdef" not in good.out
    bad = variorum(
        "config", "check", "--config", str(written(tmp_path, "[log]\nlevel = 1\n")), "--json"
    )
    assert bad.status == 1
    assert (bad.json["problems"][0]["line"], bad.json["problems"][0]["key"]) == (2, "log.level")
    assert "line 2" in bad.err


def test_the_command_prints_the_example(tmp_path: Path) -> None:
    assert Variorum(tmp_path / "archive")("config", "example").out == example_file()
