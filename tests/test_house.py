"""The house rules, held over every Python file, and each rule shown to fail on a bad example."""

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = (
    "archive",
    "pipelines",
    "crawlers",
    "service",
    "benchmarks",
)  # each imports leftwards only
KNOWS = {  # packages that a framework is for; nobody else imports it
    "scrapy": {"crawlers"},
    "twisted": {"crawlers"},
    "click": {"service"},
    "rich": {"service", "benchmarks"},
    "httpx": {"service", "benchmarks"},
    **{name: {"service"} for name in ("dbos", "fastapi", "starlette", "uvicorn", "jinja2")},
}
EDGES = {  # outermost edges, each with the one that hears of what was caught
    ("service/cli.py", "run"),  # the user
    ("crawlers/sink.py", "_hand_over"),  # crawlers.run, which raises it in its own thread
    ("pipelines/workers.py", "_answer"),  # the parent process, as the reason of a refusal
}
FILE_LINES, FUNCTION_LINES, PARAMETERS = 400, 50, 6
EMPTY_NAMES = {"util", "utils", "helper", "helpers", "misc", "common"}
EMPTY_VERBS = ("get_", "do_", "handle_", "process_")
HOOKS = re.compile(  # names that http.server, click, Twisted and Scrapy look for
    r"do_[A-Z]+|get_command|process_(request|response|exception|item|spider_\w+)"
    r"|_get_cert_options_kwargs"
)
MOCKS = {"mock", "pytest_mock", "responses", "requests_mock", "httpretty", "moto", "freezegun"}
# Spelt in pieces, so that this file passes its own rule.
PRIVATE_PLACES = re.compile(
    r"(?<![\w.])/(?:home|Users)/[\w-]+/|(?<![\w.])/roo" + r"t/[\w.]|(?<!\w)[A-Z]:\\Users\\"
)
REGISTRIES = re.compile(
    r"--(?:extra-)?index" + r"-url|registry\s*=\s*\"?http|\"resolved\": *\"http"
    r"|files\.pythonhosted\.or" + r"g|pypi\.org/simpl" + r"e|registry\.npmjs\.or" + "g"
)
LOCKS = {
    "uv.lock",
    "poetry.lock",
    "package-lock.json",
}  # these name the registry of whoever made them

Function = ast.FunctionDef | ast.AsyncFunctionDef
Rule = Callable[[str, str], list[str]]  # (path from the root, text) -> what is wrong, one a line


def functions(source: str) -> Iterator[Function]:
    return (node for node in ast.walk(ast.parse(source)) if isinstance(node, Function))


def parameters(function: Function) -> list[ast.arg]:
    named = function.args
    every = [*named.posonlyargs, *named.args, *named.kwonlyargs, named.vararg, named.kwarg]
    return [each for each in every if each is not None and each.arg not in {"self", "cls"}]


def module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imports(path: str, source: str) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import, also inside functions and through importlib."""
    package = path.removesuffix(".py").split("/")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield node.lineno, base
            yield from ((node.lineno, f"{base}.{name.name}") for name in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
            ("import_module", "__import__")
        ):
            yield from (
                (node.lineno, given.value)
                for given in node.args[:1]
                if isinstance(given, ast.Constant) and isinstance(given.value, str)
            )


def public_parts(tree: ast.Module) -> Iterator[ast.ClassDef | Function]:
    """Public classes and functions of a module, and public methods of its public classes."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public_parts(ast.Module(body=node.body, type_ignores=[]))


def imports_run_downhill(path: str, source: str) -> list[str]:
    layer = path.partition("/")[0]
    if layer not in LAYERS:
        return []
    above = {*LAYERS[LAYERS.index(layer) + 1 :], "tests"}
    return [
        f"{path}:{line} imports {name}, which is further up"
        for line, name in imports(path, source)
        if name.split(".")[0] in above
    ]


def frameworks_stay_in_their_package(path: str, source: str) -> list[str]:
    layer = path.partition("/")[0]
    return [
        f"{path}:{line} imports {name}; only {', '.join(sorted(KNOWS[root]))} may"
        for line, name in imports(path, source)
        if (root := name.split(".")[0]) in KNOWS and layer in LAYERS and layer not in KNOWS[root]
    ]


def files_are_short(path: str, source: str) -> list[str]:
    lines = source.count("\n")
    return [f"{path} has {lines} lines"] if lines > FILE_LINES else []


def functions_are_short(path: str, source: str) -> list[str]:
    lengths = [(each, (each.end_lineno or 0) - each.lineno + 1) for each in functions(source)]
    return [
        f"{path}:{each.lineno} {each.name} has {length} lines"
        for each, length in lengths
        if length > FUNCTION_LINES
    ]


def parameters_are_few(path: str, source: str) -> list[str]:
    return [
        f"{path}:{each.lineno} {each.name} has {len(parameters(each))} parameters"
        for each in functions(source)
        if len(parameters(each)) > PARAMETERS
    ]


def everything_is_annotated(path: str, source: str) -> list[str]:
    return [
        f"{path}:{each.lineno} {each.name} is not fully annotated"
        for each in functions(source)
        if each.returns is None or any(given.annotation is None for given in parameters(each))
    ]


def public_things_are_documented(path: str, source: str) -> list[str]:
    tree = ast.parse(source)
    missing = [] if ast.get_docstring(tree) else [f"{path} has no docstring"]
    return missing + [
        f"{path}:{node.lineno} {node.name} has no docstring"
        for node in public_parts(tree)
        if not ast.get_docstring(node)
    ]


def only_edges_catch_everything(path: str, source: str) -> list[str]:
    tree = ast.parse(source)
    allowed = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, Function) and (path, node.name) in EDGES
        for inner in ast.walk(node)
    }
    broad = {"Exception", "BaseException"}
    return [
        f"{path}:{node.lineno} catches everything"
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and id(node) not in allowed and keeps(node)
        if node.type is None
        or broad & {ast.unparse(each).split(".")[-1] for each in ast.walk(node.type)}
    ]


def keeps(handler: ast.ExceptHandler) -> bool:
    """Whether what was caught may go no further: cleaning up and a bare `raise` let it go on."""
    last = handler.body[-1]
    return not (isinstance(last, ast.Raise) and last.exc is None)


def names_say_something(path: str, source: str) -> list[str]:
    stems = {part.removesuffix(".py").strip("_") for part in path.split("/")}
    return [f"{path} is named {stem}" for stem in sorted(stems & EMPTY_NAMES)] + [
        f"{path}:{node.lineno} {node.name} says nothing"
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.ClassDef) and node.name.endswith("Manager"))
        or (
            isinstance(node, Function)
            and node.name.lstrip("_").startswith(EMPTY_VERBS)
            and not HOOKS.fullmatch(node.name)
        )
    ]


def nothing_is_mocked(path: str, source: str) -> list[str]:
    found = [
        f"{path}:{line} imports {name}"
        for line, name in imports(path, source)
        if name.split(".")[0] in MOCKS or name.startswith("unittest.mock")
    ]
    return found + [
        f"{path}:{each.lineno} {each.name} takes a mocker"
        for each in functions(source)
        if "mocker" in {given.arg for given in parameters(each)}
    ]


def no_place_of_one_machine(path: str, source: str) -> list[str]:
    wrong = [f"{path} is a lock file of one machine"] if Path(path).name in LOCKS else []
    if len(ROOT.parts) > 2 and f"{ROOT}/" in source:
        wrong.append(f"{path} names this checkout")
    return wrong + [
        f"{path}:{number} {what}: {hit[0]}"
        for number, line in enumerate(source.splitlines(), start=1)
        for what, pattern in (("machine path", PRIVATE_PLACES), ("registry", REGISTRIES))
        if (hit := pattern.search(line))
    ]


def import_cycles(sources: dict[str, str]) -> list[str]:
    """The modules that import each other, directly or round many corners."""
    known = {module(path) for path in sources}
    graph = {module(path): imported(path, text, known) for path, text in sources.items()}
    reached = {name: reachable(name, graph) for name in graph}
    return sorted(
        {
            " <-> ".join(sorted(other for other in reached[name] if name in reached[other]))
            for name in graph
            if name in reached[name]
        }
    )


def imported(path: str, source: str, known: set[str]) -> set[str]:
    """The modules that a file imports; of `a.b` and `a.b.c` on one line, the deepest one."""
    by_line: dict[int, set[str]] = {}
    for line, name in imports(path, source):
        by_line.setdefault(line, set()).update({name} & known)
    return {
        name
        for found in by_line.values()
        for name in found
        if not any(other.startswith(f"{name}.") for other in found)
    }


def reachable(start: str, graph: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    while fresh := {there for here in seen or {start} for there in graph[here]} - seen:
        seen |= fresh
    return seen


def tracked() -> dict[str, str]:
    """Text files that are in the repository or about to be, by their path from the root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    paths = [path for path in listing.stdout.split("\0") if (ROOT / path).is_file()]
    contents = {path: (ROOT / path).read_bytes() for path in paths}
    return {
        path: data.decode("utf-8", "replace")
        for path, data in contents.items()
        if b"\0" not in data[:8192]
    }


def python_files(*folders: str) -> dict[str, str]:
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


PRODUCT = python_files(*LAYERS)
TESTS = python_files("tests")
EVERYTHING = tracked()

HOLDS_FOR: dict[Rule, dict[str, str]] = {
    imports_run_downhill: PRODUCT,
    frameworks_stay_in_their_package: PRODUCT,
    files_are_short: PRODUCT | TESTS,
    functions_are_short: PRODUCT | TESTS,
    parameters_are_few: PRODUCT | TESTS,
    everything_is_annotated: PRODUCT | TESTS,
    public_things_are_documented: PRODUCT,
    only_edges_catch_everything: PRODUCT | TESTS,
    names_say_something: PRODUCT | TESTS,
    nothing_is_mocked: PRODUCT | TESTS,
    no_place_of_one_machine: EVERYTHING,
}


def named(value: object) -> str | None:
    return getattr(value, "__name__", None)


def test_there_are_files_to_hold_the_rules_over() -> None:
    assert {path.partition("/")[0] for path in PRODUCT} == set(LAYERS)
    assert "tests/test_house.py" in TESTS


@pytest.mark.parametrize("rule", HOLDS_FOR, ids=named)
def test_the_house_keeps_the_rule(rule: Rule) -> None:
    if not HOLDS_FOR[rule]:
        pytest.skip("this folder is no git checkout, so nothing is tracked in it")
    wrong = [line for path, text in HOLDS_FOR[rule].items() for line in rule(path, text)]
    assert not wrong, "\n" + "\n".join(wrong)


def test_no_modules_import_each_other() -> None:
    assert import_cycles(PRODUCT) == []


BAD: list[tuple[Rule, str, str]] = [
    (imports_run_downhill, "archive/a.py", "import pipelines.flow"),
    (imports_run_downhill, "archive/a.py", "def f() -> None:\n    from service import cli"),
    (imports_run_downhill, "pipelines/a.py", "x = __import__('crawlers.run')"),
    (imports_run_downhill, "crawlers/a.py", "import importlib\nimportlib.import_module('service')"),
    (imports_run_downhill, "service/a.py", "from benchmarks.adapters import extract"),
    (frameworks_stay_in_their_package, "pipelines/a.py", "def f() -> None:\n    import scrapy"),
    (frameworks_stay_in_their_package, "service/a.py", "from twisted.internet import reactor"),
    (frameworks_stay_in_their_package, "archive/a.py", "import rich.table"),
    (files_are_short, "archive/a.py", "x = 1\n" * (FILE_LINES + 1)),
    (functions_are_short, "archive/a.py", "def f() -> None:\n" + "    x = 1\n" * FUNCTION_LINES),
    (parameters_are_few, "archive/a.py", "def f(a, b, c, d, *e, g, **h): ..."),
    (everything_is_annotated, "archive/a.py", "def f(a: int): ..."),
    (everything_is_annotated, "archive/a.py", "async def f(self, *a) -> None: ..."),
    (public_things_are_documented, "archive/a.py", "x = 1"),
    (public_things_are_documented, "archive/a.py", '"""A."""\nclass A:\n    x = 1'),
    (public_things_are_documented, "archive/a.py",
     '"""A."""\nclass A:\n    """A."""\n    def f(self) -> None: ...'),
    (only_edges_catch_everything, "archive/a.py", "try:\n    x()\nexcept:\n    pass"),
    (only_edges_catch_everything, "service/cli.py",
     "def submit() -> None:\n    try:\n        x()\n    except (OSError, Exception): ..."),
    (names_say_something, "archive/utils.py", ""),
    (names_say_something, "archive/a.py", "def get_text() -> str: ..."),
    (names_say_something, "archive/a.py", "class StoreManager: ..."),
    (nothing_is_mocked, "tests/test_a.py", "from unittest.mock import patch"),
    (nothing_is_mocked, "tests/test_a.py", "from unittest import mock"),
    (nothing_is_mocked, "tests/test_a.py", "def test_a(mocker: object) -> None: ..."),
    (no_place_of_one_machine, "docs/a.md", "see /home/" + "ann/archive"),
    (no_place_of_one_machine, "docs/a.md", f"see {ROOT}/docs"),
    (no_place_of_one_machine, "Makefile", "pip install --index" + "-url https://a.example"),
    (no_place_of_one_machine, "uv.lock", ""),
]  # fmt: skip

GOOD: list[tuple[Rule, str, str]] = [
    (imports_run_downhill, "service/a.py", "from archive.records import Capture"),
    (frameworks_stay_in_their_package, "crawlers/a.py", "import scrapy"),
    (files_are_short, "archive/a.py", "x = 1\n" * FILE_LINES),
    (functions_are_short, "archive/a.py", "def f():\n" + "    x = 1\n" * (FUNCTION_LINES - 1)),
    (parameters_are_few, "archive/a.py", "class A:\n    def f(self, a, b, c, d, e, g): ..."),
    (everything_is_annotated, "archive/a.py", "class A:\n    def f(self, a: int) -> None: ..."),
    (public_things_are_documented, "archive/a.py", '"""A."""\ndef _f() -> None: ...'),
    (only_edges_catch_everything, "service/cli.py",
     "def run() -> None:\n    try:\n        x()\n    except Exception:\n        pass"),
    (only_edges_catch_everything, "archive/a.py", "try:\n    x()\nexcept OSError:\n    pass"),
    (only_edges_catch_everything, "archive/a.py",
     "try:\n    x()\nexcept BaseException:\n    y()\n    raise"),
    (names_say_something, "crawlers/a.py", "def process_request() -> None: ..."),
    (nothing_is_mocked, "tests/test_a.py", "import http.server"),
    (no_place_of_one_machine, "docs/a.md", "see ../shared and https://a.example/home/ann/x"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "path", "source"), BAD, ids=named)
def test_the_rule_fails_on_a_bad_example(rule: Rule, path: str, source: str) -> None:
    assert rule(path, source)


@pytest.mark.parametrize(("rule", "path", "source"), GOOD, ids=named)
def test_the_rule_passes_a_good_example(rule: Rule, path: str, source: str) -> None:
    assert rule(path, source) == []


def test_every_rule_is_shown_both_ways() -> None:
    rules = set(HOLDS_FOR)
    assert {rule for rule, _, _ in BAD} == rules
    assert {rule for rule, _, _ in GOOD} == rules


@pytest.mark.parametrize(
    ("sources", "cycles"),
    [
        ({"a/b.py": "import a.c", "a/c.py": "def f() -> None:\n    import a.b"}, ["a.b <-> a.c"]),
        ({"a/b.py": "from a import c", "a/c.py": "from .d import x", "a/d.py": "from . import b"},
         ["a.b <-> a.c <-> a.d"]),
        ({"a/__init__.py": "from a.b import x", "a/b.py": "from a.c import y", "a/c.py": ""}, []),
        ({"a/__init__.py": "from a.b import x", "a/b.py": "from a import y"}, ["a <-> a.b"]),
    ],
)  # fmt: skip
def test_cycles_are_found_and_only_cycles(sources: dict[str, str], cycles: list[str]) -> None:
    assert import_cycles(sources) == cycles
