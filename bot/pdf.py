"""From a page to a tagged PDF, where the extra `pdf` is installed."""

from typing import Any


class NoPdf(Exception):
    """WeasyPrint is not installed, or Pango is not on this machine."""


def as_pdf(page: str) -> bytes:
    """A page as PDF/UA-1, which screen readers can follow.

    Args:
        page: a whole HTML page of ours. Whatever it might point to is not fetched.

    Raises:
        NoPdf: when it can't be made here.
    """
    try:
        from weasyprint import HTML  # noqa: PLC0415 - an extra, and half a second to load
    except (ImportError, OSError):
        raise NoPdf from None
    made: bytes = HTML(string=page, url_fetcher=_refuse).write_pdf(pdf_variant="pdf/ua-1")
    return made


def _refuse(_url: str, *_more: Any, **_named: Any) -> Any:
    raise ValueError("a page of ours loads nothing")
