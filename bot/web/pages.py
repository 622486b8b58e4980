"""Pages for people, from the bot's own texts."""

from collections.abc import Sequence

from jinja2 import Environment

from bot.knowledge.markup import Block

_PAGE = Environment(autoescape=True).from_string(
    """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>body{max-width:40rem;margin:2rem auto;padding:0 1rem;font:1.1rem/1.6 system-ui,sans-serif}</style>
<h1>{{ title }}</h1>
{% macro run(spans) %}{% for s in spans -%}
{% if s.url %}<a href="{{ s.url }}">{{ s.text }}</a>
{%- elif s.bold %}<b>{{ s.text }}</b>{% else %}{{ s.text }}{% endif %}
{%- endfor %}{% endmacro -%}
{% for block in blocks -%}
{% if block.items is defined and block.spans is not defined -%}
<ul>{% for item in block["items"] %}<li>{{ run(item) }}</li>{% endfor %}</ul>
{% else -%}
<p>{{ run(block.spans) }}</p>
{% endif %}
{%- endfor %}
</html>
"""
)


def page(title: str, blocks: Sequence[Block]) -> str:
    """Return ``blocks`` as a small page of its own, everything escaped."""
    return _PAGE.render(title=title, blocks=blocks)
