"""The composition root: the only folder that knows everyone."""

from bot.app.build import Product, build
from bot.app.web import web_app

__all__ = ["Product", "build", "web_app"]
