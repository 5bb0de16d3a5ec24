"""Logs that can't hold an address, a story or a token.

Not by looking for secrets in what is logged, but by what may be logged at all: our own lines are a fixed
event name with numbers and short lower-case words; of other people's lines only who, how bad and which
error type is kept. httpx, for one, logs the Telegram token as part of every URL at INFO.
"""

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, Final, TextIO

import structlog

SAFE_WORD: Final = re.compile(r"[a-z][a-z_.\-]{0,47}")
"""What a logged word must look like: no digit, no capital, no space, no @ gets through."""

_ADDED_BY_US: Final = frozenset(("event", "level", "timestamp", "where", "logger"))


def keep_safe(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Let through numbers, booleans and short lower-case words; anything else becomes "(withheld)".

    A structlog processor.
    """
    for key, value in event.items():
        if key in _ADDED_BY_US and key != "event":
            continue
        if isinstance(value, bool | int | float) or value is None:
            continue
        if not (isinstance(value, str) and SAFE_WORD.fullmatch(value)):
            event[key] = "(withheld)"
    return event


class _Scrubbed(logging.Handler):
    """Takes every line of the standard library's logging and of our dependencies down to what is safe."""

    def __init__(self, logger: Any) -> None:
        super().__init__()
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the logger's name, the level, the type of the error and where in the code it came from."""
        error = record.exc_info[1] if record.exc_info else None
        details = {"where": _where(error.__traceback__)} if error else {}
        name = record.name if re.fullmatch(r"[A-Za-z_.]+", record.name) else "other"
        self._logger.log(
            record.levelno,
            "library_line",
            logger=name,
            error=_snake(type(error).__name__) if error else None,
            **details,
        )


def set_up_logging(level: str = "INFO", out: TextIO | None = None) -> None:
    """Send all logging, ours and everybody's, through the filters above as one JSON object a line.

    Args:
        level: the least level that is shown of our own lines; of others' it is WARNING at least.
        out: where to; standard error by default.
    """
    threshold = logging.getLevelNamesMapping()[level]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            keep_safe,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(out or sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_Scrubbed(structlog.get_logger())]
    root.setLevel(max(threshold, logging.WARNING))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        library = logging.getLogger(name)
        library.handlers, library.propagate = [], True
    sys.excepthook = _log_crash


def get_logger() -> Any:
    """The logger for our own lines: `log.info("message_taken_in", channel="sms", parts=1)`."""
    return structlog.get_logger()


def log_error(event: str, error: BaseException, **details: str | int | None) -> None:
    """Log an unexpected error: its type and where it came from, never what it says."""
    get_logger().error(
        event, error=_snake(type(error).__name__), where=_where(error.__traceback__), **details
    )


def _log_crash(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    log_error("crashed", error)


def _where(trace: TracebackType | None) -> list[str]:
    # Our code and theirs, by file and line: no message, no local variable.
    frames = traceback.extract_tb(trace)[-4:]
    return [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames]


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
