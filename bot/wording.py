"""Words: every sentence that people see, from the catalogues in wording/ folders, compiled in memory."""

import gettext
import io
from collections.abc import Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from string import Formatter
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

DEFAULT: Final = "en"


class Wording:
    """The catalogues of every language.

    Args:
        catalogs: by BCP 47 code.
    """

    def __init__(self, catalogs: Mapping[str, Catalog]) -> None:
        self._catalogs = catalogs
        self._translations = {code: _compile(catalog) for code, catalog in catalogs.items()}
        # The default first: what the others are compared with.
        self.languages = (DEFAULT, *(code for code in sorted(catalogs) if code != DEFAULT))

    def keys(self, language: str) -> dict[str, str]:
        """Every key of a catalogue with its words; the words are empty where they are missing."""
        return {str(message.id): str(message.string) for message in self._catalogs[language] if message.id}

    def is_draft(self, language: str) -> bool:
        """Whether a catalogue still waits for a native reader."""
        return "machine-drafted" in self._catalogs[language].header_comment.casefold()

    def text(self, language: str, key: str, **values: str) -> str:
        """The words under a key, filled in; in English where the language has none.

        Raises:
            KeyError: when English has none either, or a value is missing.
        """
        return self._template(language, key).format_map(values)

    def name_of(self, code: str, language: str) -> str:
        """What a language is called in another one: in the other one's letters, which it costs least to text."""
        return _name_of(code, language)

    def all_names(self, language: str) -> str:
        """What all languages are called in one of them, with commas between."""
        return _all_names(self.languages, language)

    def placeholders(self, language: str, key: str) -> tuple[str, ...]:
        """The names of what the words under a key are filled with, in their order in that language."""
        return _placeholders(self._template(language, key))

    def _template(self, language: str, key: str) -> str:
        for code in (language, DEFAULT):
            translation = self._translations.get(code)
            words = translation.gettext(key) if translation else key
            if words != key:
                return words
        raise KeyError(f"no words under {key!r}")


def english_name(code: str) -> str:
    """What a language is called in English; its code where nobody says."""
    try:
        return Locale.parse(code, sep="-").english_name or code
    except (UnknownLocaleError, ValueError):
        return code


@cache
def _all_names(codes: tuple[str, ...], language: str) -> str:
    return ", ".join(_name_of(code, language) for code in codes)


@cache
def _name_of(code: str, language: str) -> str:
    return str(Locale.parse(code, sep="-").get_display_name(language) or code)


@cache
def _placeholders(template: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for _, name, _, _ in Formatter().parse(template) if name))


@cache
def load_wording(package: str) -> Wording:
    """Read and compile every catalogue of a package's wording folder.

    Args:
        package: `bot.conversation` for what tenants see, `bot.digest` for what staff read.

    Raises:
        ValueError: when a catalogue is not well formed.
    """
    folder = resources.files(package) / "wording"
    files = [file for file in folder.iterdir() if file.name.endswith(".po")]
    return Wording({file.name.removesuffix(".po"): _read(file) for file in files})


def _read(file: Traversable) -> Catalog:
    with file.open("rb") as opened:
        return read_po(opened, locale=file.name.removesuffix(".po"), abort_invalid=True)


def _compile(catalog: Catalog) -> gettext.GNUTranslations:
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
