"""The preview's pages and files, read once. Everything in a page is escaped that is no ``Markup``."""

import base64
import hashlib
import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.knowledge.commands import COMMANDS

_FOLDER = Path(__file__).parent / "files"
_PAGES = Environment(
    autoescape=True,
    loader=FileSystemLoader(_FOLDER),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_COMMAND = re.compile(
    rf"(<a .*?</a>|<[^>]*>)|(?<![\w/])(/(?:{'|'.join(COMMANDS)}))(?![\w/])([.,:;!?)]*)", re.DOTALL
)
"""A command in the text of a page; links and tags are found first, so that none is found in them."""
_BUTTON = Markup(
    '<span class="together"><button class="command" form="command" name="text" value="{0}">{0}</button>{1}</span>'
)
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)

FILES = {
    "preview.css": ((_FOLDER / "preview.css").read_bytes(), "text/css"),
    "preview.js": ((_FOLDER / "preview.js").read_bytes(), "text/javascript"),
    "icon.svg": ((_FOLDER / "icon.svg").read_bytes(), "image/svg+xml"),
}
"""What pages load: content and type, by name."""

HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # with none at all, browsers keep from this site too that a form is its own
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
"""Stand on every answer, beside the content security policy."""


def page(name: str, **values: object) -> str:
    """Return the page ``name`` filled in."""
    return _PAGES.get_template(name).render(values)


def tappable(html: Markup) -> Markup:
    """Return ``html`` with its commands as buttons of the form ``command``: on Telegram they can be tapped."""
    return Markup(_COMMAND.sub(lambda found: found[1] or _BUTTON.format(found[2], found[3]), html))  # noqa: S704


def policy(html: str = "") -> str:
    """Return the content security policy: own files only, and the style sheets that stand in ``html`` itself."""
    sheets = [hashlib.sha256(sheet.encode()).digest() for sheet in _STYLE.findall(html)]
    styles = " ".join(f"'sha256-{base64.b64encode(sheet).decode()}'" for sheet in sheets) or "'self'"
    scripts = "'none'" if sheets else "'self'"
    return (
        f"default-src 'none'; style-src {styles}; script-src {scripts}; connect-src {scripts}; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
