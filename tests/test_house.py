"""The house rules: what may import what, and what must stay as it is. The code polices itself."""

import ast
import importlib.util
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import alembic
import pytest

from bot.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
OURS = ("bot", "handlers", "models")

# Everything that acts on the world; the pure modules import none of it.
ACTING = {
    "asyncio",
    "aiosmtplib",
    "apscheduler",
    "concurrent",
    "httpx",
    "logging",
    "os",
    "random",
    "requests",
    "secrets",
    "socket",
    "sqlalchemy",
    "starlette",
    "structlog",
    "subprocess",
    "telegram",
    "threading",
    "time",
    "twilio",
    "uvicorn",
}
PURE = (
    "bot.conversation",
    "bot.understanding",
    "bot.privacy",
    "bot.digest.across",
    "bot.digest.compose",
    "bot.digest.parts",
    "bot.digest.sections",
    "bot.digest.quotes",
    "bot.digest.render",
    "bot.digest.sheet",
    "bot.wording",
    "bot.hidden",
    "bot.numbers",
    "bot.visit_list",
    "bot.workshops.after",
    "bot.workshops.guests",
    "bot.workshops.pack",
    "bot.workshops.planning",
    "bot.workshops.preview",
    "bot.workshops.print",
)
# keys.py draws nonces: sealing needs chance, and nothing else in the folder does.
PURE_BUT = {"bot.privacy.keys": {"os"}}

# Which of our own packages each may import. A new arrow is a decision: draw it here, with its reason.
ARROWS = {
    "bot.conversation": {"bot.conversation", "bot.understanding", "bot.wording"},
    "bot.understanding": {"bot.understanding"},
    "bot.privacy": {"bot.privacy"},
    "bot.wording": set(),
    "bot.digest": set(),
    "bot.digest.parts": {"bot.digest.quotes", "bot.privacy", "bot.wording"},
    "bot.digest.quotes": {"bot.privacy.disclosure", "bot.wording"},
    "bot.digest.sections": {"bot.digest.parts", "bot.privacy"},
    "bot.digest.compose": {"bot.digest.parts", "bot.digest.sections", "bot.privacy", "bot.wording"},
    "bot.digest.across": {"bot.digest.parts", "bot.digest.sections", "bot.privacy", "bot.wording"},
    "bot.digest.render": {"bot.digest.parts", "bot.hidden"},
    "bot.hidden": set(),
    "bot.digest.sheet": {"bot.privacy"},
    "bot.digest.letter": {"bot.digest.render"},
    "bot.digest.post": {
        "bot.digest",
        "bot.delivery.threads",
        "bot.failpoints",
        "bot.log",
        "bot.mail",
        "bot.pdf",
        "bot.privacy",
        "bot.recipients",
        "bot.releases",
        "bot.responses",
        "bot.staff_alerts",
        "bot.wording",
        "models",
    },
    "bot.log": set(),
    "bot.memory": set(),
    "bot.failpoints": set(),
    "bot.numbers": set(),
    "bot.mail": {"bot.log", "models"},
    # A trained model is loaded outside, and handed to the redactor as a function.
    "bot.ner": {"bot.privacy.spans"},
    "bot.mail_tokens": {"bot.log", "bot.mail", "bot.settings"},
    "bot.responses": {
        "bot.audit",
        "bot.conversation.script",
        "bot.delivery",
        "bot.digest.parts",
        "bot.labels",
        "bot.privacy.keys",
        "bot.response_preview",
        "bot.response_telling",
        "models",
    },
    # Telling a response is opening a conversation, with the rules of every other one.
    "bot.response_telling": {"bot.conversation", "bot.delivery", "bot.log", "models"},
    # What would be told is made where everything is made that is told; how many at most is what releases said.
    "bot.response_preview": {"bot.conversation", "bot.privacy.keys", "bot.releases", "bot.wording", "models"},
    # A landlord's sentences are measured in every text that holds them.
    "bot.landlords": {
        "bot.audit",
        "bot.conversation",
        "bot.numbers",
        "bot.privacy.keys",
        "bot.wording",
        "models",
    },
    "bot.api_keys": {"bot.audit", "bot.privacy.keys", "models"},
    "bot.recipients": {"bot.audit", "bot.privacy.keys", "models"},
    "bot.staff_alerts": {"bot.handover", "bot.log", "bot.privacy.keys", "models"},
    "bot.visit_list": {"bot.numbers"},
    # What a message means to a workshop is looked up and written down where messages are.
    "bot.workshops": set(),
    "bot.workshops.after": {
        "bot.privacy.disclosure",
        "bot.understanding.themes",
        "bot.wording",
        "bot.workshops.pack",
    },
    "bot.workshops.guests": {"bot.numbers"},
    "bot.workshops.live": {
        "bot.conversation.join_codes",
        "bot.delivery.threads",
        "bot.workshops.room",
        "models",
    },
    "bot.workshops.moderating": {
        "bot.audit",
        "bot.privacy",
        "bot.understanding.answers",
        "bot.workshops.members",
        "models",
    },
    "bot.workshops.pack": {"bot.privacy.disclosure", "bot.understanding.themes", "bot.wording"},
    "bot.workshops.taking_part": {
        "bot.digest.across",
        "bot.privacy.keys",
        "bot.releases",
        "bot.responses",
        "models",
    },
    "bot.workshops.post": {
        "bot.delivery.threads",
        "bot.digest",
        "bot.hidden",
        "bot.log",
        "bot.mail",
        "bot.pdf",
        "bot.privacy.keys",
        "bot.wording",
        "bot.workshops",
        "models",
    },
    "bot.workshops.print": {"bot.hidden", "bot.workshops.after", "bot.workshops.pack"},
    "bot.workshops.releasing": {"bot.privacy", "bot.understanding.themes", "models"},
    "bot.workshops.room": {"bot.privacy", "bot.wording", "bot.workshops", "models"},
    "bot.workshops.members": {"bot.conversation", "bot.privacy", "bot.understanding.answers", "models"},
    "bot.workshops.planning": {"bot.conversation", "bot.delivery.hours", "bot.wording"},
    "bot.workshops.poster": {
        "bot.conversation",
        "bot.posters",
        "bot.wording",
        "bot.workshops.members",
        "models",
    },
    "bot.workshops.preview": {"bot.conversation", "bot.wording", "bot.workshops.planning"},
    "bot.workshops.prompts": {
        "bot.conversation",
        "bot.delivery",
        "bot.log",
        "bot.workshops.planning",
        "models",
    },
    "bot.workshops.inviting": {"bot.conversation", "bot.delivery", "bot.workshops.guests", "models"},
    "bot.workshops.sessions": {
        "bot.audit",
        "bot.conversation.join_codes",
        "bot.delivery.hours",
        "bot.privacy.keys",
        "bot.wording",
        "bot.workshops.planning",
        "models",
    },
    "bot.visits": {
        "bot.conversation.messages",
        "bot.conversation.script",
        "bot.delivery",
        "bot.log",
        "bot.privacy.keys",
        "bot.visit_list",
        "models",
    },
    "bot.handover": {
        "bot.audit",
        "bot.conversation.hand_overs",
        "bot.conversation.turn",
        "bot.hand_over_links",
        "bot.log",
        "bot.privacy.keys",
        "bot.stories",
        "bot.wording",
        "models",
    },
    "bot.alerts": {
        "bot.conversation.messages",
        "bot.delivery.threads",
        "bot.log",
        "bot.mail",
        "bot.privacy.keys",
        "models",
    },
    "bot.watch": {
        "bot.delivery.hours",
        "bot.privacy.keys",
        "bot.releases",
        "bot.schedule",
        "bot.staff_alerts",
        "bot.wording",
        "models",
    },
    "bot.console": {
        "bot.api_keys",
        "bot.audit",
        "bot.console",
        "bot.conversation.join_codes",
        "bot.conversation.hand_overs",
        "bot.conversation.messages",
        "bot.conversation.script",
        "bot.conversation.segments",
        "bot.conversation.speech",
        "bot.conversation.typical",
        "bot.delivery.hours",
        "bot.delivery.threads",
        "bot.digest",
        "bot.hand_over_by_link",
        "bot.hidden",
        "bot.hand_over_room",
        "bot.handover",
        "bot.recipients",
        "bot.responses",
        "bot.response_preview",
        "bot.labels",
        "bot.landlords",
        "bot.log",
        "bot.mail",
        "bot.moderation",
        "bot.moderation_policy",
        "bot.privacy",
        "bot.schedule",
        "bot.pdf",
        "bot.people_desk",
        "bot.posters",
        "bot.releases",
        "bot.visit_list",
        "bot.visits",
        "bot.wording",
        "bot.workshops",
        "models",
    },
    "bot.posters": {
        "bot.conversation.messages",
        "bot.conversation.script",
        "bot.conversation.segments",
        "bot.conversation.speech",
        "bot.conversation.typical",
        "bot.numbers",
        "bot.posters",
        "bot.wording",
    },
    "bot.pdf": set(),
    "bot.leader": {"models"},
    "bot.vitals": {"bot.schedule", "models"},
    "bot.metrics": {"bot.vitals"},
    "bot.health": {
        "bot.delivery.threads",
        "bot.log",
        "bot.metrics",
        "bot.migrations",
        "bot.vitals",
        "models",
    },
    # What goes on beside receiving: it is handed its parts, and never puts them together.
    "bot.work": {
        "bot.alerts",
        "bot.handover",
        "bot.visits",
        "bot.watch",
        "bot.conversation.messages",
        "bot.delivery",
        "bot.digest.post",
        "bot.leader",
        "bot.log",
        "bot.responses",
        "bot.retention",
        "bot.schedule",
        "bot.workshops",
        "bot.translation",
        "models",
    },
    "bot.settings": {"bot.conversation.messages", "bot.conversation.speech", "bot.privacy.keys"},
    "bot.migrations": {"bot.privacy.keys", "models"},
    "bot.stories": {
        "bot.conversation.state",
        "bot.conversation.turn",
        "bot.labels",
        "bot.privacy.keys",
        "bot.understanding.answers",
        "models",
    },
    # What is a theme or an area is known to whoever reads them.
    "bot.labels": {"bot.privacy", "bot.understanding.table", "bot.understanding.themes", "models"},
    # What staff do is written down where it is done, in the same transaction.
    "bot.audit": {"bot.privacy.keys", "models"},
    "bot.rights": {"bot.privacy", "models"},
    "bot.people_desk": {
        "bot.audit",
        "bot.conversation.messages",
        "bot.delivery.people",
        "bot.export",
        "bot.numbers",
        "bot.privacy.keys",
        "bot.rights",
        "models",
    },
    "bot.export": {"bot.privacy.keys", "models"},
    # How long things are kept is set, and what a provider keeps goes with it.
    "bot.retention": {"bot.log", "bot.privacy.keys", "bot.rights", "bot.settings", "models"},
    "bot.notice": {"bot.settings"},
    "bot.key_chain": {"bot.privacy.keys", "models"},
    "bot.rotation": {"bot.failpoints", "bot.log", "bot.privacy.keys", "models"},
    "bot.releases": {"bot.batches", "bot.privacy", "bot.stories", "models"},
    "bot.batches": {"bot.labels", "bot.privacy", "bot.stories", "models"},
    "bot.hand_over_links": {"bot.audit", "bot.privacy.keys", "models"},
    "bot.hand_over_by_link": {
        "bot.audit",
        "bot.hand_over_links",
        "bot.handover",
        "bot.log",
        "bot.privacy.keys",
        "models",
    },
    "bot.hand_over_room": {"bot.audit", "bot.handover", "bot.privacy.keys", "models"},
    "bot.moderation_policy": set(),
    "bot.schedule": {"bot.failpoints", "bot.log", "bot.privacy", "bot.releases", "models"},
    "bot.moderation": {
        "bot.audit",
        "bot.labels",
        "bot.privacy",
        "bot.stories",
        "bot.understanding.language",
        "models",
    },
    "bot.translation": {
        "bot.delivery.threads",
        "bot.log",
        "bot.privacy.keys",
        "bot.privacy.redact",
        "models",
    },
    "bot.delivery": {
        "bot.conversation",
        "bot.delivery",
        "bot.failpoints",
        "bot.log",
        "bot.privacy",
        "bot.rights",
        "bot.stories",
        "bot.understanding.language",
        "bot.wording",
        "bot.workshops.members",
        "models",
    },
    "bot.checks": {
        "bot.audit",
        "bot.checks",
        "bot.console.group_roles",
        "bot.conversation.hand_overs",
        "bot.key_chain",
        "bot.mail",
        "bot.mail_tokens",
        "bot.migrations",
        "bot.ner",
        "bot.privacy.keys",
        "bot.retention",
        "bot.rotation",
        "bot.settings",
        "bot.wording",
        "models",
    },
    "bot.app": {"bot", "handlers", "models"},
    "bot.cli": {"bot", "models"},
    "bot.demo": {"bot", "models"},
    "bot.__main__": {"bot"},
    "handlers": {"handlers", "bot.conversation.messages", "bot.failpoints", "bot.log", "bot.numbers"},
    "models": {"models"},
}
# Nobody imports the composition root but the commands and the demo, which are roots themselves.
MAY_IMPORT_APP = ("bot.cli", "bot.demo", "bot.app")


def modules() -> dict[str, Path]:
    """Every module of ours, by name."""
    paths = (path for top in OURS for path in (ROOT / top).rglob("*.py"))
    return {".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): p for p in paths}


MODULES = modules()


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file; `from x import y` gives x.y where that is one."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide arrows"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in MODULES else str(node.module)


def within(name: str, package: str) -> bool:
    """Whether a module is a package or lies in it."""
    return name == package or name.startswith(f"{package}.")


def rule_for(name: str) -> str:
    """The most particular entry of ARROWS that covers a module."""
    return max((package for package in ARROWS if within(name, package)), key=len, default="")


@pytest.mark.parametrize("name", sorted(MODULES))
def test_arrows_point_one_way(name: str) -> None:
    """A module imports only what the drawing says."""
    if name in OURS and name != "models":
        return
    rule = rule_for(name)
    assert rule, f"{name} is not in the drawing of arrows"
    ours = {target for target in imports(MODULES[name]) if target.split(".")[0] in OURS}
    new = {target for target in ours if not any(within(target, allowed) for allowed in ARROWS[rule])}
    assert new == set()


@pytest.mark.parametrize("name", [name for name in sorted(MODULES) if any(within(name, p) for p in PURE)])
def test_pure_modules_do_not_act(name: str) -> None:
    """The dialogue, understanding, redaction, disclosure control and digests touch nothing outside."""
    tops = {target.split(".")[0] for target in imports(MODULES[name])}
    assert tops & ACTING <= PURE_BUT.get(name, set())


@pytest.mark.parametrize("name", sorted(MODULES))
def test_nobody_imports_the_root(name: str) -> None:
    """Only commands and the demo put things together."""
    knows = any(within(target, "bot.app") for target in imports(MODULES[name]))
    assert not knows or any(within(name, allowed) for allowed in MAY_IMPORT_APP)


def test_models_know_sqlalchemy_only() -> None:
    """The tables depend on SQLAlchemy and the standard library, so that anything may depend on them."""
    foreign = {
        target.split(".")[0]
        for name, path in MODULES.items()
        if within(name, "models")
        for target in imports(path)
    } - set(sys.stdlib_module_names)
    assert foreign <= {"sqlalchemy", "models"}


def test_digests_can_be_made_of_releases_only() -> None:
    """Nothing that composes or renders a digest can even see a story."""
    for name in ("bot.digest.across", "bot.digest.compose", "bot.digest.render", "bot.digest.sheet"):
        assert not [target for target in imports(MODULES[name]) if within(target, "models")]


def test_the_installed_alembic_wins() -> None:
    """`import alembic` is the package and not our folder, which must never become one."""
    assert Path(str(alembic.__file__)).parent != ROOT / "alembic"
    assert not (ROOT / "alembic" / "__init__.py").exists()
    assert importlib.util.find_spec("alembic.command") is not None


def test_every_setting_is_in_the_example() -> None:
    """`.env.example` has the settings' names in their order, each with its sentence and its default."""
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    named = [line.partition("=")[0].lower() for line in lines if line and not line.startswith("#")]
    assert list(Settings.model_fields) == named
    sentences = " ".join(line.removeprefix("# ") for line in lines if line.startswith("#"))
    for name, setting in Settings.model_fields.items():
        assert str(setting.description) in sentences, name


def test_every_decision_is_in_the_list() -> None:
    """Each record of docs/decisions has its line in the README there, in order."""
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"\]\((\d{4}-[a-z-]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8"))
    assert listed == sorted(path.name for path in folder.glob("0*.md"))


def test_tests_leave_the_engine_open() -> None:
    """A test names no engine: it asks tests/databases.py, so that it runs on PostgreSQL too."""
    engine = "sqlite" + ":///"
    tests = [path for path in (ROOT / "tests").glob("*.py") if path.name != "databases.py"]
    assert [path.name for path in tests if engine in path.read_text(encoding="utf-8")] == []


def test_versions_agree() -> None:
    """The lock files hold every dependency that pyproject.toml names, and no address of anywhere."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for wanted in project["dependencies"]:
        name = wanted.split(">=")[0].split("==")[0].split("[")[0]
        assert f"\n{name}==" in f"\n{locked}", name
    for lock in ROOT.glob("*.lock"):
        assert "://" not in lock.read_text(encoding="utf-8")


def test_no_loose_ends() -> None:
    """No note to do something later stays in the code: it is done, or somebody has been told."""
    mark = "TO" + "DO"
    files = [*MODULES.values(), *(ROOT / "tests").glob("*.py"), *(ROOT / "alembic").rglob("*.py")]
    assert [path.name for path in files if mark in path.read_text(encoding="utf-8")] == []
