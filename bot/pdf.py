"""From a page to a tagged PDF, where the extra `pdf` is installed."""

from importlib.util import find_spec
from typing import Any


class NoPdf(Exception):
    """WeasyPrint is not installed, or Pango is not on this machine."""


def can_make_pdf() -> bool:
    """Whether the extra is installed."""
    return find_spec("weasyprint") is not None


def as_pdf(page: str, style: str = "") -> bytes:
    """A page as PDF/UA-1, which screen readers can follow.

    Args:
        page: a whole HTML page of ours. Whatever it might point to is not fetched.
        style: CSS for paper, beside the page's own.

    Raises:
        NoPdf: when it can't be made here.
    """
    try:
        from weasyprint import CSS, HTML  # noqa: PLC0415 - an extra, and half a second to load
    except (ImportError, OSError):
        raise NoPdf from None
    made: bytes = HTML(string=page, url_fetcher=_refuse).write_pdf(
        stylesheets=[CSS(string=style)] if style else None, pdf_variant="pdf/ua-1"
    )
    return made


def _refuse(_url: str, *_more: Any, **_named: Any) -> Any:
    raise ValueError("a page of ours loads nothing")
