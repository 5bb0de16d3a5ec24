"""Names that a trained model finds besides: Presidio with a spaCy model that the operator installs (the extra `ner`)."""

import threading
from importlib import metadata, util
from pathlib import Path
from typing import Any, Final

from bot.privacy.spans import NAME, Span

LANGUAGE: Final = "en"
PERSON: Final = "PERSON"
"""Presidio's word for a name; spaCy's PER and PERSON become it."""


def missing(model: str) -> str:
    """What must be done before a model can be used, in a sentence; "" when nothing. Loads nothing.

    Args:
        model: the name of an installed package, or a folder.
    """
    if not (util.find_spec("presidio_analyzer") and util.find_spec("spacy")):
        return "NER_MODEL needs the extra ner. Install it with: pip install 'listened[ner]'"
    try:
        metadata.distribution(model)
    except metadata.PackageNotFoundError:
        if not (Path(model) / "meta.json").exists():
            return "NER_MODEL names no spaCy model that is installed here, and no folder that holds one."
    return ""


class ModelNames:
    """Finds names with a model, which is loaded when it is first asked; from any thread, one at a time.

    Args:
        model: see `missing`; nothing may be missing.
    """

    def __init__(self, model: str) -> None:
        self._model = model
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Any] | None = None

    def __call__(self, text: str) -> list[Span]:
        """The names in a text."""
        with self._lock:
            engine, recognizer = self._loaded = self._loaded or _load(self._model)
            # Without it spaCy keeps each new word of what tenants tell for as long as the process lives.
            with engine.nlp[LANGUAGE].memory_zone():
                read = engine.process_text(text, LANGUAGE)
                found = recognizer.analyze(text, [PERSON], read)
        return [Span(one.start, one.end, NAME, "a name, says the model", one.score) for one in found]


def _load(model: str) -> tuple[Any, Any]:
    from presidio_analyzer.nlp_engine import SpacyNlpEngine  # noqa: PLC0415 - an extra, and seconds to load
    from presidio_analyzer.predefined_recognizers import SpacyRecognizer  # noqa: PLC0415 - as above

    engine = SpacyNlpEngine(models=[{"lang_code": LANGUAGE, "model_name": model}])
    engine.load()
    return engine, SpacyRecognizer(supported_language=LANGUAGE, supported_entities=[PERSON])
