"""What processes of ours need, imported and read once: those of processes.py are forked from one that has this."""

from bot.cli import COMMANDS, load
from bot.privacy.redact import redact
from bot.understanding.language import language_label
from bot.understanding.reading import read
from bot.understanding.urgency import may_be_urgent

for _name in (name for names in COMMANDS.values() for name in names):
    load(_name)

_TEXT = "Mr Example rang about 14 Example Road on 07700 900123, the boiler is still broken and nobody came"
for _learned in (redact, read, language_label, may_be_urgent):
    _learned(_TEXT)
