"""What is configured, what is missing, and how to mend it: said before anything opens a port."""

from bot.checks.configured import check
from bot.checks.finding import Finding

__all__ = ["Finding", "check"]
