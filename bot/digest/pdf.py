"""A digest as a PDF, for those who asked for one. Needs the extra `pdf`."""

from functools import cache
from importlib.util import find_spec
from typing import Any, Final

PAGE: Final = "@page { size: A4; margin: 18mm 16mm; } body { background: #ffffff !important; }"


def can_make_pdf() -> bool:
    """Whether the extra is installed."""
    return find_spec("weasyprint") is not None


def to_pdf(html: str) -> bytes:
    """The HTML of a digest as a tagged PDF; whatever it might point to is not fetched."""
    pages = _weasyprint()
    made: bytes = pages.HTML(string=html, url_fetcher=_refuse).write_pdf(
        stylesheets=[pages.CSS(string=PAGE)], pdf_variant="pdf/ua-1"
    )
    return made


def _refuse(url: str, *_more: Any, **_named: Any) -> dict[str, Any]:
    raise ValueError(f"a digest loads nothing: {url[:40]}")


@cache
def _weasyprint() -> Any:
    # Imported when it is first wanted: it is an extra, and it takes a second.
    import weasyprint  # noqa: PLC0415

    return weasyprint
