"""The pages that are printed or put on a website."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

_PAGES = Environment(
    autoescape=True,
    loader=FileSystemLoader(Path(__file__).parent),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def template(name: str) -> Template:
    """Return the page ``name`` of this folder, in which everything is escaped that is no ``Markup``."""
    return _PAGES.get_template(name)
