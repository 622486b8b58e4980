"""What may be wrong with an update: fields that are missing, new or of another type, and bytes that are no JSON."""

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.support.shapes import NAMES, everything
from tests.support.typed import texts
from tests.support.updates import Json

JUNK: SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.sampled_from(
        [0, -1, 2**31, 2**63, 10**30, -(10**400), 1.5, 1e300, float("nan"), "", "5", "private", "\ud83e"]
    )
    | texts(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=4,
)
"""Any JSON that Python reads."""


@st.composite
def spoilt(draw: st.DrawFn) -> Json:
    """Updates with fields missing, added, or of another type."""
    update = copy.deepcopy(draw(everything()))
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(update))
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        what = draw(st.sampled_from(["gone", "other", "more"]))
        if what == "gone":
            del holder[key]
        elif what == "other":
            holder[key] = draw(JUNK)
        elif isinstance(holder, dict):
            holder[draw(NAMES)] = draw(JUNK)
    return update


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield where something stands in a JSON value: the object or list, and the key or index in it."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


def bodies() -> SearchStrategy[bytes]:
    """What may be posted to a webhook: updates in any encoding, broken off, with wrong bytes, and no updates."""
    encodings = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"])
    written = st.builds(
        lambda value, encoding, escaped: json.dumps(value, ensure_ascii=escaped).encode(encoding, "surrogatepass"),
        st.one_of(everything(), spoilt(), JUNK, st.lists(everything(), max_size=2)),
        encodings,
        st.booleans(),
    )
    cut = st.tuples(written, st.floats(0, 1)).map(lambda of: of[0][: int(len(of[0]) * of[1])])
    wrong = st.tuples(written, st.floats(0, 0.99), st.binary(min_size=1, max_size=3)).map(_overwritten)
    return st.one_of(written, written, cut, wrong, st.binary(max_size=40))


def _overwritten(of: tuple[bytes, float, bytes]) -> bytes:
    body, where, wrong = of
    at = int(len(body) * where)
    return body[:at] + wrong + body[at + len(wrong) :]
