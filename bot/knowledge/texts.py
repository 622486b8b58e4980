"""The bot's own sentences that ``texts.yaml`` must hold, and the gaps each of them fills in."""

from collections.abc import Mapping

from bot.knowledge.commands import COMMANDS

_REFERRED = ("session", "after", "safety", "injuries", "practical", "about", "small-talk")
"""Sections of the menu under whose answers the way to a therapist has words of its own."""

TEXT_KEYS: Mapping[str, frozenset[str]] = {
    key: frozenset(gaps)
    for key, *gaps in (
        ("start",),
        ("examples_intro",),
        ("examples",),
        ("help",),
        ("privacy",),
        ("privacy_title",),
        ("sources_intro",),
        ("sources_blog",),
        ("sources_of", "title"),
        ("topics_intro",),
        ("section_intro", "section"),
        ("therapist",),
        ("clinic_intro",),
        ("referral",),
        *((f"referral_{section}",) for section in _REFERRED),
        ("referral_short",),
        ("support",),
        ("support_short",),
        ("danger_line",),
        ("see_therapist_if_intro",),
        ("followed", "title"),
        ("caution_reminder", "title"),
        ("same_answer",),
        ("as_above",),
        ("more_questions",),
        ("not_reviewed",),
        ("all_reviewed",),
        ("reviewed", "reviewer", "date"),
        ("date", "day", "month", "year"),
        ("months",),
        ("grade_G",),
        ("grade_R",),
        ("grade_T",),
        ("grade_C",),
        ("grade_P",),
        ("choices_intro",),
        ("none_of_these_reply",),
        ("fallback",),
        ("empty",),
        ("go_on",),
        ("other_language",),
        ("unknown_command",),
        ("voice",),
        ("photo",),
        ("sticker",),
        ("other_media",),
        ("old_button",),
        ("failure",),
        ("late",),
        ("may_have_missed",),
        ("slow_down",),
        ("red_flag_nobody_reads",),
        ("self_harm_nobody_reads",),
        ("red_flag_numbers", "numbers"),
        ("red_flag_unknown",),
        ("red_flag_unknown_title",),
        ("cry",),
        ("red_flag_reminder", "title"),
        ("red_flag_as_well", "title"),
        ("red_flag_calmed",),
        ("red_flag_short", "title"),
        ("self_harm_short",),
        ("self_harm_reminder",),
        ("screening_unknown",),
        ("screening_again",),
        ("screening_reminder",),
        ("toast_helped",),
        ("toast_why",),
        ("toast_reason",),
        ("toast_not_noted",),
        ("toast_not_kept",),
        ("keep_question",),
        ("question_kept",),
        ("my_data_questions",),
        ("my_data", "conversations", "ratings", "questions"),
        ("my_data_none",),
        ("forgotten",),
        ("store_away",),
        ("group_private",),
        ("chat_id", "chat"),
        ("page_title",),
        ("page_intro",),
        ("page_danger",),
        ("page_contents",),
        ("page_reviewed", "reviewer", "date"),
        ("page_not_reviewed",),
        ("page_sources",),
        ("page_related",),
        ("page_referral",),
        ("page_ask",),
        ("page_as_of", "date"),
        *((command.text_key,) for command in COMMANDS.values() if command.in_menu),
        ("bot_description",),
        ("bot_short_description",),
        ("button_none_applies",),
        ("button_screening_yes",),
        ("button_screening_no",),
        ("button_runner_up", "title"),
        ("button_whole_answer",),
        ("button_book",),
        ("button_all_sources",),
        ("button_helped",),
        ("button_did_not_help",),
        ("button_reason_other",),
        ("button_reason_little",),
        ("button_reason_hard",),
        ("button_keep_question",),
        ("button_keep_not",),
        ("button_private",),
        ("button_none_of_these",),
        ("button_therapist",),
        ("button_topics",),
        ("button_back",),
    )
}
"""Key → the names that may stand in curly brackets inside its wordings."""

RETIRED = frozenset(
    {"based_on", "based_on_all_reviewed", "based_on_reviewed", "all_of", "grade_blog", "red_flag_now"}
)
"""Keys that nothing says any more: they may stand in a file from before, and are not read."""

EXACTLY: Mapping[str, int] = {"months": 12}
"""Key → how many wordings it has, where they do not take turns."""
LONGEST_TEXT: Mapping[str, int] = (
    {"group_private": 79, "bot_description": 512, "bot_short_description": 120}
    | {key: 200 for key in TEXT_KEYS if key.startswith("toast_")}
    | {key: 256 for key in TEXT_KEYS if key.startswith("command_")}
    | {key: 40 for key in TEXT_KEYS if key.startswith("button_")}
)
"""Key → most characters, where Telegram or a phone's screen sets a limit."""
