"""Nobody weakens the gate unseen."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge.manifest import SHIPPED, weakened
from bot.knowledge.model import KnowledgeBase, Level, RedFlagGroup, Signs
from bot.knowledge.problems import Severity
from tests.support.model import group, knowledge_base


def complete(group_id: str) -> RedFlagGroup:
    """Return a group with exactly as many signs as must stay."""
    levels = sorted(SHIPPED[group_id])
    above = [SHIPPED[group_id][level] for level in levels[1:]] + [0]
    signs = [
        Signs(level, tuple(f"{level} {n}" for n in range(SHIPPED[group_id][level] - more)))
        for level, more in zip(levels, above, strict=True)
    ]
    return replace(group(group_id), signs=tuple(signs))


def with_group(changed: RedFlagGroup) -> KnowledgeBase:
    return knowledge_base(
        groups=[changed if changed.id == group_id else complete(group_id) for group_id in SHIPPED]
    )


def found(knowledge: KnowledgeBase, *, own: bool = True) -> list[tuple[str, str]]:
    return [(problem.place.file, problem.rule) for problem in weakened(knowledge, own=own)]


def cut(whole: RedFlagGroup, level: Level, by: int) -> RedFlagGroup:
    """Return ``whole`` with so many signs of ``level`` fewer."""
    return replace(
        whole,
        signs=tuple(
            replace(signs, messages=signs.messages[by:]) if signs.level is level else signs for signs in whole.signs
        ),
    )


def test_the_projects_own_knowledge_is_what_was_shipped(real_knowledge: KnowledgeBase) -> None:
    knowledge = real_knowledge
    assert set(knowledge.red_flags) == set(SHIPPED)
    assert found(knowledge) == []
    for shipped in knowledge.red_flags.values():
        assert {signs.level for signs in shipped.signs} == set(SHIPPED[shipped.id])
        for level, least in SHIPPED[shipped.id].items():
            count = sum(len(signs.messages) for signs in shipped.signs if signs.level >= level)
            assert 0.85 * count <= least <= count, "a manifest that lags behind the files protects less and less"


@pytest.mark.parametrize("group_id", SHIPPED)
def test_a_missing_group_is_found_with_what_to_do(group_id: str) -> None:
    rest = [complete(other) for other in SHIPPED if other != group_id]
    [problem] = weakened(knowledge_base(groups=rest), own=True)
    assert (problem.place.file, problem.rule) == (f"red_flags/{group_id}.yaml", "red-flag-missing")
    assert "Put the file back" in problem.message


@given(st.sampled_from([(group_id, level) for group_id, levels in SHIPPED.items() for level in levels]), st.data())
def test_signs_taken_out_of_any_level_are_found(of: tuple[str, Level], data: st.DataObject) -> None:
    group_id, level = of
    whole = complete(group_id)
    most = next(len(signs.messages) for signs in whole.signs if signs.level is level)
    by = data.draw(st.integers(0, most))
    expected = [(f"red_flags/{group_id}.yaml", "red-flag-weakened")] if by else []
    assert found(with_group(cut(whole, level, by))) == expected


@pytest.mark.parametrize(
    "group_id", [group_id for group_id, levels in SHIPPED.items() if min(levels) > Level.BEFORE]
)
def test_a_lowered_level_is_found(group_id: str) -> None:
    whole = complete(group_id)
    lower = replace(whole.signs[0], level=Level(whole.signs[0].level - 1))
    assert (f"red_flags/{group_id}.yaml", "red-flag-weakened") in found(
        with_group(replace(whole, signs=(lower, *whole.signs[1:])))
    )


@pytest.mark.parametrize("group_id", [group_id for group_id, levels in SHIPPED.items() if len(levels) > 1])
def test_a_raised_level_taken_out_is_found_even_when_its_signs_move_down(group_id: str) -> None:
    base, raised = complete(group_id).signs
    merged = replace(base, messages=base.messages + raised.messages)
    assert found(with_group(replace(complete(group_id), signs=(merged,)))) == [
        (f"red_flags/{group_id}.yaml", "red-flag-weakened")
    ]


@pytest.mark.parametrize("group_id", SHIPPED)
def test_more_signs_and_more_urgent_levels_are_no_finding(group_id: str) -> None:
    whole = complete(group_id)
    more = replace(whole.signs[0], messages=(*whole.signs[0].messages, "one more"))
    assert found(with_group(replace(whole, signs=(more, *whole.signs[1:])))) == []
    everything = tuple(message for signs in whole.signs for message in signs.messages)
    assert found(with_group(replace(whole, signs=(Signs(Level.NOW, everything),)))) == []


def test_in_another_folder_it_only_tells() -> None:
    knowledge = with_group(cut(complete("self-harm"), Level.NOW, 1))
    [own], [other] = weakened(knowledge, own=True), weakened(knowledge, own=False)
    assert (own.severity, other.severity) == (Severity.ERROR, Severity.NOTICE)
    assert "manifest.py" in own.message and "manifest.py" not in other.message
