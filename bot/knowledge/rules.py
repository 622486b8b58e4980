"""The name of every finding and what it means, for ``check --explain``."""

from collections.abc import Mapping

RULES: Mapping[str, str] = {
    # A line that cannot be read.
    "after-quote": "A text goes on after its closing quotation mark. One pair stands around the whole text.",
    "apostrophe": "An apostrophe counts as a quotation mark here. Put the whole text in double quotes.",
    "backslash": "Inside double quotes a backslash has a special meaning: type two, or use single quotes.",
    "bar-missing": 'A text of several lines needs a "|" behind the name of its field: "answer: |".',
    "brackets": 'A "[" or "{" has no partner, or a comma or quotation mark between them is missing.',
    "brackets-left": '"[]" is an empty list. Delete it before you put a list below.',
    "colon-in-text": "A colon with a space behind it ends a name. A text with one must stand in double quotes.",
    "indentation": (
        "A line has more or fewer spaces before it than the lines it belongs with. Give it as many as they have."
    ),
    "name-missing": (
        'Lines stand below no field: its name was deleted, or its line. Type it again above them, such as "ask:".'
    ),
    "no-colon": (
        'The colon behind the name of a field is missing, or another sign stands in its place. Type "title: …".'
    ),
    "no-space-after-colon": 'A colon needs a space behind it: "title: …".',
    "no-space-after-dash": 'The "-" of a list needs a space behind it: "- …".',
    "not-indented": (
        "A line of a text has fewer spaces before it than the text's other lines. Give all of them two."
    ),
    "odd-space": (
        "A tab or a space from Word stands where only plain spaces are understood. Delete it and type spaces."
    ),
    "open-quote": 'A quotation mark was opened and not closed. Type " at the end of that text, too.',
    "quotes-around-name": 'The quotation marks around the name of a field do not match. It needs none: "title:".',
    "quotes-inside": "A text in double quotes has double quotes inside. Use single ones inside.",
    "remark-sign": 'A remark for colleagues starts with "#".',
    "separator": "A line of dots or dashes ends the file: all below it would be lost. Delete the line.",
    "several-documents": "A line of three dashes ends the file: all below it would be lost. Delete the line.",
    "dash-before-name": ('A "- " stands before the name of a field that is no item of a list. Delete the "- ".'),
    "remark-inside": "A remark ends the text around it. Move it above the field, or delete it.",
    "special-sign": "A text that starts with this sign must stand in double quotes, or it means something else.",
    "stray-line": (
        'A line is neither "name: text" nor "- text", nor part of a text. For a list type "- " before it; a '
        'text needs two spaces before each line; a remark for colleagues starts with "#".'
    ),
    "text-beside-bar": 'A text starts below "answer: |", not beside it.',
    "text-beside-list": "Something stands beside the name of a field, and its list or its own fields below it.",
    "too-deep": "Lists stand inside lists inside lists. A text with brackets belongs in double quotes.",
    "two-texts": "Two texts in quotation marks stand in one line. Put each on a line of its own.",
    "unreadable-line": (
        "A line does not fit the ones above it, and nothing simpler explains why. Look at the quotation marks "
        "and the spaces of the lines above it, or copy the fields from _EXAMPLE.yaml once more."
    ),
    "word-bullet": 'A list has the bullets of Word. Type "- " instead.',
    # A file that cannot be read, or is not.
    "empty-file": "A file without anything in it. Fill it in, or delete it.",
    "empty-folder": (
        "A folder without a file that can be read. Was it renamed, or its files deleted? Put them back."
    ),
    "file-too-large": (
        "No file written by hand is as large as this one. Was something pasted by mistake? Split it if not."
    ),
    "ignored-file": (
        'A file that is not read because of its ending or its folder. Answers lie in "faq/" and end with '
        '".yaml"; keep notes and pictures elsewhere.'
    ),
    "left-out": "A file that is not read because its name starts with _. Take the _ away when it is ready.",
    "lent": (
        "Your folder lacks something that is taken from the project's own knowledge. Nothing needs to be "
        "done; to reword it, copy it into your folder."
    ),
    "lost-answer": (
        "A file holds an answer and is not read because of its ending or its folder, so no runner gets it. It "
        'must lie in "faq/" itself and end with ".yaml".'
    ),
    "merge-conflict": (
        "Two people changed the same lines, and both versions stand in the file. Keep the right lines, and "
        "delete the others and those of <<<<<<<, ======= and >>>>>>>."
    ),
    "missing-file": "A file that must be there, or that answers name, is gone. Put it back under its old name.",
    "not-plain-text": (
        "A Word, RTF, PDF or HTML file under the name of a text file. Copy its text into a plain text file."
    ),
    "not-utf-8": "The file was saved in an old encoding: letters such as é would be spoilt. Save it as UTF-8.",
    "unreadable-file": "The file cannot be opened. Is it open elsewhere, or may you not read it?",
    "wrong-folder": "An answer among the danger signs, or the other way round. Move the file.",
    "wrong-name": "A file or folder is called almost as one that is missing. Give it that name.",
    # Text that would be lost or shown otherwise than meant.
    "bad-address": (
        "A link that no phone can open: it must start with https://, http://, tel: or mailto:, and have no "
        "spaces. Telegram may refuse the whole answer for it."
    ),
    "curly-quotes": (
        "Curly quotation marks, as Word makes them, are letters like any other: they are shown, and no colon "
        'or "#" can stand between them. Type the straight ones of the keyboard: "…".'
    ),
    "empty-word": 'The words null and ~ mean nothing at all. Type "" for nothing.',
    "example-text": (
        "A text of _EXAMPLE.yaml was left in, and runners would read it. Write your own, or empty the field."
    ),
    "hidden-character": (
        "A character that nobody can see, or that stands for a lost letter. Delete the word and type it again."
    ),
    "hidden-line-end": (
        "A line break that an editor does not show, so what looks like one line is two. Delete it and press "
        "Enter, or type a space."
    ),
    "joined-lines": 'Several lines count as one text. Type "- " before each, or put them into one line.',
    "lines-run-together": (
        'The paragraphs and lists of a text would run together: its "|" is missing. Type "answer: |".'
    ),
    "long-answer": "An answer longer than a phone's screen. Shorten it, or make two of it.",
    "no-menu": 'An answer that no menu shows. Put a section into "menu": a word at the left edge of menu.yaml.',
    "no-number": "A telephone number without a number. Type one, as +49 30 1234567.",
    "no-sources": (
        'An answer that names no source. Put into "sources" what says so: words at the left edge of sources.yaml.'
    ),
    "no-words": 'A text without a letter or a number. Fill it in, or type "" for none.',
    "raw-markup": (
        "Markdown or HTML that the bot does not know, which runners would see as it is typed. It knows "
        '**bold**, lists with "- " and [links](https://…).'
    ),
    "remark-or-text": (
        'A line that starts with "#" and looks as if it were meant to be read. Take the "#" away, or the line.'
    ),
    "stray-quote": "A text ends with a quotation mark that has no partner. Type one as its first character, too.",
    "swallowed-field": (
        "A field stands inside the text above it. Put it on a line of its own, with no spaces before it."
    ),
    "text-cut-at-hash": 'Text behind " #" is a remark and is not read. Put the whole text in double quotes.',
    "too-long": "A text is longer than can be shown. Shorten it.",
    # What a field may hold.
    "asked-and-not": 'The same text stands in "ask" and in "not_about". Keep it where it belongs.',
    "bad-file-name": (
        "The name of an answer's file is its id (a-z, 0-9, hyphens), that of a language's its code. Rename it."
    ),
    "bad-topic": (
        "An answer is part of one that is not published, or is itself a part of another. Name the topic, or "
        'leave "part_of" empty.'
    ),
    "empty-text": "A list has a line without text. Fill it in, or delete it.",
    "missing-field": "A field that must be filled in is empty or not there. In a draft this is only a warning.",
    "raised-level": (
        "The worse signs of a danger group need a more urgent level of their own: NOW before TODAY before BEFORE."
    ),
    "renamed": (
        "A name that answers use is gone, and one almost like it is used nowhere. Give it its old name again."
    ),
    "repeated-field": "A field stands twice; only the first would be read. Put all into one of them.",
    "retired": "A text that nothing says any more is still there. Delete it.",
    "repeated-synonym": "A word stands for two different things. Keep it in one place.",
    "unknown-entry": "An answer is named that is not there. Its name is that of its file in faq/, without .yaml.",
    "unknown-field": (
        "A field is named that is not there. Is it misspelt, or does the line belong to the text above?"
    ),
    "unknown-group": (
        "A group of danger signs is named that is not there. Its name is that of its file in red_flags/."
    ),
    "unknown-section": (
        "A section of the menu is named that is not there. Sections are the words at the left edge of menu.yaml."
    ),
    "unknown-source": (
        "A source is named that is not there. Sources are the words at the left edge of sources.yaml; add yours."
    ),
    "unknown-value": "Only certain words can stand in this field. The finding lists them.",
    "unknown-words": 'A list of words is named that is not there. Add it below "words", or name another.',
    "dates-turned-round": "The next review is before the last one. Type the day of the next.",
    "empty-section": "No published answer stands in a section of the menu. Name it in an answer, or delete it.",
    "idle-synonym": "A word of synonyms.yaml can never be found. Shorten it, or delete it.",
    "no-name": 'No name of a person stands where one belongs. Type it, or "" as long as there is none.',
    "odd-hours": "Opening hours that cannot be. Type the right time.",
    "repeated-name": "A name stands twice in a list, or an answer names itself. Delete one.",
    "same-file": "Two files hold the same: one was saved under the wrong name. Put back what it held.",
    "same-title": "Two answers or sections have one title, so nobody can tell their buttons apart.",
    "unfinished-text": "A text looks as if it were not finished. Finish it, or make the answer a draft.",
    "unlikely-date": "A year that can hardly be meant. Type the right one.",
    "unused-words": "A list of words that no combination names, so it finds nothing. Name it, or delete it.",
    "unreadable-date": "A date must be written as 2026-03-31: first the year, then the month, then the day.",
    "words-twice": "The words of a danger group stand in two files. Keep those of one.",
    "wrong-gaps": (
        "A gap in {curly brackets} is missing or misspelt. The bot puts something there: leave it as it was."
    ),
    "wrong-kind": (
        'A list stands where a text belongs, or the other way round. A list has a line with "- " for each text.'
    ),
    "wrong-number": "A list must have a certain number of texts. The finding says how many.",
    # What takes the whole bot to see.
    "asked-first": (
        "Whoever asks this is first asked about a danger sign. Reword the question, or put one like it into "
        '"look_alikes" of the danger group.'
    ),
    "common-synonym": "A word of many questions is turned into another one. Take it out of synonyms.yaml.",
    "danger-sign": (
        "A question is almost the same as a danger sign, which would teach the bot that it is harmless. Take "
        'it out; what is harmless near a sign stands in "look_alikes".'
    ),
    "diagnosis": (
        'An answer tells somebody what they have, which nobody can know from a message. Write "may" or "some '
        'people".'
    ),
    "comfort": "An urgent text comforts, so people wait. Say only what to do.",
    "country-number": "A number that is another one in other countries. Numbers go into clinic.yaml.",
    "dose": "An answer names a dose. The bot never does: leave it out, and name who can tell.",
    "example-question": "One of the questions that the bot suggests finds no answer. Choose another in texts.yaml.",
    "false-alarm": (
        'A harmless text is taken for a danger sign. Reword it, or make the line in "together" narrower.'
    ),
    "few-questions": "An answer has too few questions to be found well. Add some, each in other words.",
    "future-date": "Something was reviewed on a day that is yet to come. Type the day of the review.",
    "golden-follow-up": (
        "A message that must get a certain answer right after another gets a different one. Add a line like "
        'it to "follow_ups" of the right answer.'
    ),
    "golden-question": (
        'A question that must get a certain answer gets another. Add questions like it to "ask" of the right '
        "answer, or take look-alikes out of the other."
    ),
    "hard-to-read": (
        "An answer takes more years of school than many readers have. Shorter sentences and plainer words help."
    ),
    "measured-question": "A question stands in messages.yaml too, so it measures nothing. Delete one of the two.",
    "medicine-advice": "An answer tells people to take, stop or change a medicine. Name who can tell them instead.",
    "missed-sign": 'A danger sign is not found. Add its words to "words" and "together" of its group.',
    "near-copy": "Two questions of an answer say the same, so the second teaches nothing. Ask in a different way.",
    "near-duplicate": (
        "Two questions of different answers mean almost the same, so one of the answers is hard to get. Say "
        "in one of them what differs, or delete it."
    ),
    "no-golden": (
        "No golden question asks for an answer, so nobody notices when it is no longer found. Add three to "
        "golden.yaml."
    ),
    "not-reviewed": (
        "No clinician has checked an answer, a group of danger signs or a language yet. Print the booklet "
        '(export review), then put the name into "reviewed_by".'
    ),
    "not-shipped": (
        "Something has to be computed at the first start. Whoever maintains the bot types make vectors before "
        "a release; nobody else need do anything."
    ),
    "other-answer": (
        "A question would get another answer if this very line did not stand here. Move it there, or add more "
        "like it."
    ),
    "paused-in-telegram": (
        'Staff keep an answer from runners by /pause, and its file does not say so. Type "status: paused" '
        "there, or order /resume."
    ),
    "promise": 'An answer promises what nobody can promise. Write "may help" or "some people find".',
    "red-flag-missing": "A group of danger signs that was shipped is gone. Put its file back.",
    "red-flag-weakened": (
        "A group of danger signs has a lower level or fewer signs than was shipped. Put them back; only a "
        "clinician should take one out."
    ),
    "repeated-question": "The same question stands in two answers. Keep it where it belongs.",
    "review-due": (
        "The day has come on which something was to be reviewed again. Look at it, then put in new dates."
    ),
    "same-beginnings": (
        "The questions of an answer all begin alike, and runners do not. Begin some with another word."
    ),
    "same-frame": (
        'More than three questions of an answer are built the same way, such as "What are the … of …?", which '
        "teaches the bot the frame rather than the subject. Put some of them as a runner would type them: "
        '"sore calves after, normal?".'
    ),
    "title-words": (
        "Nearly all questions of an answer use the words of its title, which many runners do not know. Put "
        "some in other words, as somebody who has never heard of it would."
    ),
    "self-needling": "An answer tells people to needle themselves. Nobody should: leave it out.",
    "sends-away": "An answer keeps people from help, or tells them to go on in spite of pain. Reword it.",
    "no-subject": "A question has no word that tells what it is about. Add one, or delete it.",
    "personal-data": "A question holds an address, a number or a link of whoever asked. Take it out.",
    "weak-evidence": (
        'An answer sounds certain, and rests on custom or single cases alone. Write "may", "often" or "some '
        'people".'
    ),
    "bad-coordinates": (
        'Where a place lies is not two numbers of degrees, latitude first. Type them like "51.5072, -0.1276".'
    ),
    "certification-ended": (
        "A therapist is not shown because the certification has run out. Put in the day until which the new one "
        'is valid ("valid_until").'
    ),
    "certification-without-day": (
        "A therapist is shown to runners among the certified ones, and nobody would notice the certification run "
        "out. Put in until which day it holds, or take the therapist out."
    ),
    "certification-ends": (
        "A therapist's certification runs out within 60 days, and the therapist is not shown any more then. Put in "
        "the new day once it is renewed."
    ),
    "unknown-body-part": (
        "What a therapist treats is almost the name of a part of the body. Type it as the finding spells it."
    ),
}
"""Name of a finding → what it means. A name never changes once it was released."""


def page() -> str:
    """Return all findings, one a line."""
    widest = max(map(len, RULES))
    return "\n".join(f"{name:<{widest}}  {meaning}" for name, meaning in sorted(RULES.items()))
