"""Releases as plain data: to freeze them, to thaw them as they were, and to blank what was erased since."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from bot.privacy.disclosure.release import MAKER, Cell, Excerpt, Figures, Part, Release, Scope
from bot.privacy.redact import Redacted


def blank_excerpts(release: Release, erased: Collection[int]) -> Release:
    """The release without the words of excerpts whose tellers had them erased; its figures stand."""
    kept = tuple(one for one in release.excerpts if one.id not in erased)
    return replace(release, excerpts=kept)


def to_json(release: Release) -> dict[str, Any]:
    """A release as plain data, to freeze it."""
    plain = asdict(release)
    del plain["_maker"]
    for excerpt in plain["excerpts"]:
        del excerpt["_maker"]
    return {
        **plain,
        "on_date": release.on_date.isoformat(),
        "since": release.since and release.since.isoformat(),
        "cells": [{**cell, "since": cell["since"].isoformat()} for cell in plain["cells"]],
    }


def from_json(plain: Mapping[str, Any]) -> Release:
    """A frozen release, as it was. The first ones knew landlords only, and neither themes nor areas."""
    figures = plain["figures"]
    return Release(
        scope=Scope(**plain["scope"]) if "scope" in plain else Scope("landlord", plain["landlord"]),
        number=plain["number"],
        on_date=date.fromisoformat(plain["on_date"]),
        since=date.fromisoformat(plain["since"]) if plain["since"] else None,
        figures=figures
        and Figures(
            about=figures["about"],
            split=tuple(_part(part) for part in figures["split"]),
            at_least=figures["at_least"] and _part(figures["at_least"]),
        ),
        weeks_waiting=plain["weeks_waiting"],
        excerpts=tuple(
            Excerpt(
                id=e["id"],
                words=Redacted(e["words"]),
                good=e["good"],
                language=e.get("language", "en"),
                translation=Redacted(e["translation"]) if e.get("translation") else None,
                _maker=MAKER,
            )
            for e in plain["excerpts"]
        ),
        smallest_group=plain["smallest_group"],
        cells=tuple(
            Cell(**{**cell, "since": date.fromisoformat(cell["since"])}) for cell in plain.get("cells", ())
        ),
        cells_waiting=plain.get("cells_waiting", False),
        _maker=MAKER,
    )


def _part(plain: Mapping[str, Any]) -> Part:
    return Part(answers=tuple(plain["answers"]), about=plain["about"])
