"""Pages for people, from the bot's own texts."""

from collections.abc import Sequence

from jinja2 import Environment

from bot.knowledge.html import to_html
from bot.knowledge.markup import Block

_PAGE = Environment(autoescape=True).from_string(
    """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>body{max-width:40rem;margin:2rem auto;padding:0 1rem;font:1.1rem/1.6 system-ui,sans-serif}</style>
<h1>{{ title }}</h1>
{{ body }}
</html>
"""
)


def page(title: str, blocks: Sequence[Block]) -> str:
    """Return ``blocks`` as a small page of its own, everything escaped."""
    return _PAGE.render(title=title, body=to_html(blocks))
