"""Fixtures that many tests share, the engine they run on, and the rule that no test calls the outside world."""

import contextlib
import socket
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import databases
import leaks
import postgresql
import pytest
from rig import Rig, rig

HERE = Path(__file__).parent
LONG_FILES = (
    "test_attacker",
    "test_cli",
    "test_console_browser",
    "test_crash",
    "test_demo",
    "test_dialogue",
    "test_faults",
    "test_journey",
    "test_migrations",
    "test_post",
    "test_responses",
    "test_visits",
    "test_workshops",
)
"""Those that took longest when each was measured by itself, and more than their number of tests tells."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_until_the_end = contextlib.ExitStack()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the choice of the engine."""
    parser.addoption(
        "--postgresql",
        action="store_true",
        help="Run the tests that use a database on PostgreSQL, and no others.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Listen for leaks; start PostgreSQL where it is wanted, once and not in each of several workers."""
    config.pluginmanager.register(leaks)
    if config.getoption("--postgresql") and not hasattr(config, "workerinput"):
        try:
            _until_the_end.enter_context(postgresql.chosen())
        except postgresql.NoPostgresql as missing:
            raise pytest.UsageError(str(missing)) from None
        databases.make_template()


def pytest_unconfigure() -> None:
    """End what was started."""
    _until_the_end.close()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests that use a database; those that are not for the engine under test are left out."""
    for item in items:
        if isinstance(item, pytest.Function) and _reaches_the_database(item.module):
            item.add_marker(pytest.mark.database)
    chosen = _is_for_postgresql if databases.on_postgresql() else _is_for_sqlite
    config.hook.pytest_deselected(items=[item for item in items if not chosen(item)])
    items[:] = sorted(filter(chosen, items), key=_takes_long, reverse=True)


@cache
def _reaches_the_database(module: ModuleType) -> bool:
    """Whether a module of the tests uses a database: by tests/databases.py, or by a module that does."""
    if module is databases:
        return True
    used = {
        value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
        for value in vars(module).values()
    }
    names = (name for name in used if isinstance(name, str) and name != module.__name__)
    ours = [sys.modules[name] for name in names if (HERE / f"{name}.py").exists() and name in sys.modules]
    return any(_reaches_the_database(other) for other in ours)


def _takes_long(item: pytest.Item) -> bool:
    """Whether it is in one of the long files: begun last, one would keep one worker busy and leave the other idle."""
    return item.path.stem in LONG_FILES


def _is_for_postgresql(item: pytest.Item) -> bool:
    return bool(item.get_closest_marker("database")) and not item.get_closest_marker("only_sqlite")


def _is_for_sqlite(item: pytest.Item) -> bool:
    return not item.get_closest_marker("only_postgresql")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test that does not say that it uses the database gets none: it would be left out on PostgreSQL."""
    databases.allow(marked=bool(item.get_closest_marker("database")))


@pytest.fixture(autouse=True)
def _databases_end() -> Iterator[None]:
    """Close and drop what a test opens and makes."""
    with databases.one_test():
        yield


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections to anywhere but this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOOPBACK:
            raise AssertionError("a test called the outside world")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def fresh_rig(tmp_path: Path) -> Iterator[Rig]:
    """The product in processes of its own, with stand-in providers; a landlord and two readers are set up."""
    with rig(tmp_path) as made:
        made.set_up_quickly()
        yield made
