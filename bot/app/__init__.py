"""The composition root: the only folder that knows everyone."""

import gc

_collects = gc.isenabled()
gc.disable()  # importing makes 180,000 objects and no garbage; looking for some takes a fifth of the time

from bot.app.build import Product, build  # noqa: E402 - see above
from bot.app.web import web_app  # noqa: E402 - see above

gc.freeze()  # they stay until the end
if _collects:
    gc.enable()

__all__ = ["Product", "build", "web_app"]
