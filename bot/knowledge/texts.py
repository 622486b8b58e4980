"""The bot's own sentences that ``texts.yaml`` must hold, and the gaps each of them fills in."""

from collections.abc import Mapping

TEXT_KEYS: Mapping[str, frozenset[str]] = {
    key: frozenset(gaps)
    for key, *gaps in (
        ("start",),
        ("examples_intro",),
        ("examples",),
        ("help",),
        ("privacy",),
        ("sources_intro",),
        ("topics_intro",),
        ("section_intro", "section"),
        ("therapist",),
        ("clinic_intro",),
        ("referral",),
        ("danger_line",),
        ("see_therapist_if_intro",),
        ("based_on", "sources"),
        ("based_on_reviewed", "sources", "reviewer", "date"),
        ("grade_blog",),
        ("grade_G",),
        ("grade_R",),
        ("grade_T",),
        ("grade_C",),
        ("grade_P",),
        ("choices_intro",),
        ("none_of_these_reply",),
        ("fallback",),
        ("empty",),
        ("unknown_command",),
        ("voice",),
        ("photo",),
        ("sticker",),
        ("other_media",),
        ("old_button",),
        ("failure",),
        ("red_flag_nobody_reads",),
        ("red_flag_numbers", "numbers"),
        ("red_flag_unknown",),
        ("red_flag_unknown_title",),
        ("red_flag_now",),
        ("red_flag_reminder", "title"),
        ("red_flag_calmed",),
        ("button_none_applies",),
        ("button_none_of_these",),
        ("button_therapist",),
        ("button_topics",),
        ("button_back",),
    )
}
"""Key → the names that may stand in curly brackets inside its wordings."""
