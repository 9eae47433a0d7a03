"""The rules of the house, read from the source: who may import whom, what is pure, and how long things may get."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"
MODULES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(SOURCE.rglob("*.py"))
}
LOOPS = ("intake", "outbox", "timers")
WORDS = ("core", "errors", "failpoints", "log")  # what every room may use

# What core may import from outside: values in, values out. No socket, database, file, thread, logging, random.
_PURE = """__future__ abc authres base64 binascii bisect calendar codecs collections dataclasses datetime decimal
difflib email encodings enum fractions functools hashlib heapq hmac holidays html inscriptis ipaddress itertools jinja2
json lxml markupsafe math nh3 operator pydantic quopri re string struct textwrap tomllib types typing unicodedata
urllib zoneinfo"""
PURE = frozenset(_PURE.split())
IMPURE_PARTS = ("urllib.request", "email.generator")

# Each room, and the rooms of ours that it may import besides itself.
ROOMS: Mapping[str, tuple[str, ...]] = {
    "core": ("errors",),
    "store": WORDS,
    "transport": WORDS,
    "intake": (*WORDS, "store"),
    "outbox": (*WORDS, "store"),
    "timers": (*WORDS, "store"),
    "health": (*WORDS, "store"),
    "clockwatch": (*WORDS, "store"),
    "http": WORDS,
    "errors": (),
    "failpoints": (),
    "log": (),
    "data": ("errors",),
}
LONGEST_FUNCTION, LONGEST_MODULE = 40, 300
# One SMTP dialogue, and one list of tables: nobody would look for either in two places.
LONG_MODULES = {"mailcase.transport.listener": 310, "mailcase.store.tables": 320}
CLOCK = ("mailcase.build", "mailcase.cli", "mailcase.transport")  # where the time may be asked for


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text("utf-8"))


def imported(module: str) -> set[str]:
    """Every module that it imports, wherever the statement stands."""
    found: set[str] = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            assert node.module is not None
            inside = {f"{node.module}.{alias.name}" for alias in node.names} & MODULES.keys()
            found.update(inside or {node.module})
    return found


def room(module: str) -> str:
    """`mailcase.store.mails` lives in `store`."""
    return [*module.split("."), ""][1]


def in_room(name: str) -> list[str]:
    return [module for module in MODULES if room(module) == name]


def calls(node: ast.AST) -> Iterator[str]:
    """The names of what is called: `open`, `datetime.now`."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            yield ast.unparse(inner.func)


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_imports_only_what_it_may(name: str) -> None:
    assert in_room(name)
    for module in in_room(name):
        ours = {room(one) for one in imported(module) if one.split(".")[0] == "mailcase"}
        assert ours <= {name, *ROOMS[name]}, module


def test_only_those_who_build_know_the_config_the_wires_and_the_loops() -> None:
    for module in MODULES:
        if room(module) in ("cli", "daemon", "build", "__main__", "") or room(module).startswith("config"):
            continue
        others = {room(one) for one in imported(module) if one.split(".")[0] == "mailcase"} - {room(module)}
        assert not others & {
            "config",
            "config_sections",
            "config_people",
            "transport",
            "daemon",
            "build",
            "cli",
            *LOOPS,
        }, module


def test_core_imports_nothing_that_does_something() -> None:
    for module in in_room("core"):
        foreign = {one for one in imported(module) if one.split(".")[0] != "mailcase"}
        assert {one.split(".")[0] for one in foreign} <= PURE, module
        assert not foreign & set(IMPURE_PARTS), module


def test_core_opens_prints_and_asks_the_time_nowhere() -> None:
    for module in in_room("core"):
        assert not {"open", "print", "input", "exec", "eval"} & set(calls(tree(module))), module


def test_the_time_comes_in_as_an_argument() -> None:
    asking = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time")
    for module in MODULES:
        if not module.startswith(CLOCK):
            assert not set(asking) & set(calls(tree(module))), module


def test_async_lives_in_the_smtp_door_alone() -> None:
    kinds = (ast.AsyncFunctionDef, ast.Await, ast.AsyncWith, ast.AsyncFor)
    asynchronous = {module for module in MODULES if any(isinstance(node, kinds) for node in ast.walk(tree(module)))}
    assert asynchronous == {"mailcase.transport.listener", "mailcase.transport.content"}


def test_nobody_imports_in_circles() -> None:
    graph = {module: imported(module) & MODULES.keys() - {module} for module in MODULES}
    TopologicalSorter(graph).prepare()


# Nothing happens at import, and nothing is remembered between calls.

MUTATORS = {"append", "add", "update", "setdefault", "pop", "popitem", "clear", "extend", "insert", "remove", "discard"}


def _names(module: str) -> set[str]:
    """What the module's top level gives a value."""
    targets: set[str] = set()
    for node in tree(module).body:
        if isinstance(node, ast.Assign):
            targets.update(
                name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)
            )
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            targets.add(node.target.id)
    return targets


def _functions(module: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _changed(function: ast.AST) -> Iterator[str]:
    """Names of which a part is set, deleted, or changed by one of the usual methods."""
    for node in ast.walk(function):
        changed: ast.expr | None = None
        if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            changed = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
            changed = node.func.value
        if isinstance(changed, ast.Name):
            yield changed.id


def test_no_module_remembers_anything() -> None:
    for module in MODULES:
        names = _names(module)
        assert not any(isinstance(node, ast.Global) for node in ast.walk(tree(module))), module
        for function in _functions(module):
            arguments = {argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)}
            local = {
                node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            }
            assert not (set(_changed(function)) & names) - arguments - local, f"{module}.{function.name}"


IMPORT_ALL = """
import sys
BAD = {"socket.connect", "socket.bind", "subprocess.Popen", "os.system", "sqlite3.connect", "_thread.start_new_thread",
       "os.mkdir", "os.remove", "os.rename"}
def watch(event, arguments):
    writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    if event in BAD or writes:
        print(event, arguments)
sys.addaudithook(watch)
for module in sys.argv[1:]:
    __import__(module)
"""


def test_nothing_happens_at_import() -> None:
    modules = [module for module in MODULES if module != "mailcase.__main__"]
    command = [sys.executable, "-B", "-W", "error", "-c", IMPORT_ALL, *modules]
    done = subprocess.run(command, env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# How it reads


def test_functions_fit_on_a_screen() -> None:
    for module in MODULES:
        for function in _functions(module):
            length = (function.end_lineno or 0) - function.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{module}.{function.name}: {length} lines"


def test_modules_can_be_read_in_one_go() -> None:
    for module, path in MODULES.items():
        length = len(path.read_text("utf-8").splitlines())
        assert length <= LONG_MODULES.get(module, LONGEST_MODULE), f"{module}: {length} lines"


def test_every_module_and_public_name_says_what_it_promises() -> None:
    for module in MODULES:
        silent = [] if ast.get_docstring(tree(module)) or not tree(module).body else [module]
        for node in tree(module).body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if public and not ast.get_docstring(node):  # type: ignore[arg-type]
                silent.append(f"{module}.{node.name}")  # type: ignore[attr-defined]
        assert silent == []
