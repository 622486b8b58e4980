"""Yes, no, "I have that", "thanks", in the words of people who are in a hurry, in pain or annoyed."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.assent import Assent, acknowledges, admits, assent, denies

YES = """
yes
Yes
YES!!!
yess
yesssss
yeah
yeahhh
yea
yep
yup
ye
ya
aye
y
Y.
si
yes please
yes sorry
ok yes
oh god yes
um yes
uh yeah
well yeah, sort of
yes the first one
yeah the second one
the second one
the last one tbh
both
both of them
all of them
two of those
one of them
some of it
a bit
a wee bit
a little bit
just a bit
kinda
kind of
sort of
slightly
maybe
possibly
perhaps
might be
not sure
unsure
i don't know
dont know mate
dunno
i do
I have, yes
i am
it is a bit
it does
definitely
absolutely
unfortunately yes
sadly
i think yes
probably yes
haha yes
yes but only when i run
yes and its getting worse
yea i got the numbness
yes, my foot is numb
lol yeah a bit
"""
NO = """
no
No
NO!!
nooooo
no.
n
nope
nop
nah
nahhh
naw
nay
none
none!
none of it
none of that
none of those, thank god
none of that, just sore
none of the above
nothing
nothing like that
neither
negative
not really
not at all
no not at all
no its fine
no, it's fine
nah im grand, its fine
no thanks
no thank you
no i'm ok
no just sore
nope just stiff
no no
no no no
no!!! i just want the price
no for gods sake
nah mate
nah you muppet
no you stupid bot
lol no
haha nope
god no
oh no, nothing like that
um no
well no
ok no
sorry no
i think no
yeah no
yeah nah
yes no
i don't
i dont
i don't have any of that
dont have any
i dont have those
i havent got any of those
i haven't
haven't any
im fine
I'm fine
all good
all fine
all clear
everything is normal
its fine
that's fine
i'm good
not that
not me
no idk why youre asking
no i never had that
"""
NEITHER = """

?
???
👍
.
hello
how much is it
what
what do you mean
why do you ask
why
who are you
just answer my question
answer the question ffs
stop
are you a doctor
i feel weird
it hurts
my calf is sore
when can i run again
can i run tomorrow
ok
okay
k
thanks
hm
hmm
yesterday i ran 10k
yesterday
nose bleed
notice
not feeling great
nobody told me
note to self
knee pain
north side clinic?
year ago i had it
yellow bruise
yell
alright
allow me to explain
may i run
is that normal
does it hurt
sick of this
yes thanks
yes i'm fine
yes all good
yes its fine
no but my foot is numb
none except the fever
nothing apart from the chest pain
no, although my leg is hot
not really, just that it is swollen
"""


def lines(table: str) -> list[str]:
    return table.removeprefix("\n").removesuffix("\n").split("\n")


@pytest.mark.parametrize("text", lines(YES))
def test_yes_is_heard_in_many_words_and_so_is_doubt(text: str) -> None:
    assert assent(text) is Assent.YES


@pytest.mark.parametrize("text", lines(NO))
def test_no_is_heard_in_many_words(text: str) -> None:
    assert assent(text) is Assent.NO


@pytest.mark.parametrize("text", lines(NEITHER))
def test_anything_else_is_neither(text: str) -> None:
    assert assent(text) is Assent.NEITHER


# A "no" that is taken back, or that is about something else than the signs, must not settle the question.
NOT_NO = """
no, actually yes
no wait, yes
no sorry i meant yes
no idea
no clue
not really sure
no longer sure
i don't have them all, just two
not that bad
no better
no its worse now
no only the numbness
no just the second one
no yeah i have it
its normal right?
im well sore
no more than the second one
yeah no but my foot is numb
"""
NOT_YES = """
all gone now
all better now
yeah none of those
yeah not really
both legs feel fine
one question though, does it hurt?
three sessions cost how much
some advice please
y do you ask
"""
ALSO_YES = """
idk, not sure
i think so
i guess so
yh
yeh
yah
i'm afraid so
of course
"""
ALSO_NO = """
i have none
i don't think so
definitely not
absolutely not
"""


@pytest.mark.parametrize("text", lines(NOT_NO))
def test_a_no_that_is_none_is_not_heard_as_one(text: str) -> None:
    assert assent(text) is not Assent.NO


@pytest.mark.parametrize("text", lines(NOT_YES))
def test_a_yes_that_is_none_is_not_heard_as_one(text: str) -> None:
    assert assent(text) is not Assent.YES


@pytest.mark.parametrize(
    ("text", "expected"),
    [*((text, Assent.YES) for text in lines(ALSO_YES)), *((text, Assent.NO) for text in lines(ALSO_NO))],
)
def test_yes_and_no_are_heard_in_everyday_words_too(text: str, expected: Assent) -> None:
    assert assent(text) is expected


# --- after an urgent reply: none of it applies -----------------------------------------------------

DENIALS = """
no
nope
no no
none of that
none of this applies
none of it is me
does not apply
doesnt apply to me
i meant the contraceptive pill
no i meant the contraceptive pill
I mean the needle not the knife
im not pregnant im a bloke
i'm a man
im a guy lol
i am not suicidal
no no, healed years ago
it healed years ago
broke it years ago
that was ages ago
sorted months ago
you got me wrong
youve got the wrong idea
you have misunderstood
you misread that
false alarm mate
i was talking about my dog
i was only asking about the price
thats not what i said
not what i meant
wtf im not in danger
no you idiot im fine
im fine
no its just doms
"""
NO_DENIALS = """

yes
ok
thanks
how much is it
why
i have it now
no but my chest hurts
i'm not pregnant but the fever is real
i meant the calf, although it is hot
healed years ago except the numbness
it started yesterday
will you stop that
when can i run
"""
HARDLY_DENIALS = """
no one can help me
no one cares
no point in calling
no money for a doctor
nothing matters anymore
nothing helps
no im not going to hospital
it was fine 2 weeks ago
it was ok until three weeks ago
it happened two weeks ago
no idea what to do
"""


@pytest.mark.parametrize("text", lines(DENIALS))
def test_plain_words_say_that_none_of_it_applies(text: str) -> None:
    assert denies(text)


@pytest.mark.parametrize("text", lines(NO_DENIALS))
def test_other_words_do_not(text: str) -> None:
    assert not denies(text)


@pytest.mark.parametrize("text", lines(HARDLY_DENIALS))
def test_despair_refusal_and_what_began_weeks_ago_end_no_alarm(text: str) -> None:
    assert not denies(text)


# --- after an answer that lists signs: I have that ---------------------------------------------------

ADMISSIONS = """
yes I have two of those
I'm getting that
I think I have one
i have that
i have those
i've got that
ive got the second one
i got two of them
I do have that
i also have that
yeah i have some of those
my husband has that
my leg has that
she has all of them
we have both
yep i'm having that
i feel that
i feel all of those
i think i might have a couple
um i have one of them
ok so i have three
yes, i've got a few of those
that's me
thats me
this is me lol
sounds like me
exactly what i have
that is how i feel
i am getting these
"""
NO_ADMISSIONS = """

no
yes
ok
thanks
do i have that
i don't have that
i dont have any of those
how would i know if i have that
i have a question
i have one question
i have one session booked
i have one for my physio
what is that
is that dangerous
should i worry
my friend asked me that
have you got that
i never have that
those are scary
tell me more about the second one
how common are those
"""
HARDLY_ADMISSIONS = """
i have two appointments
i get it
ok i get it now
i got it
i see that
i'm all set
i have four kids
i have two weeks until my race
i have it booked
"""


@pytest.mark.parametrize("text", lines(ADMISSIONS))
def test_who_has_what_was_listed_says_so(text: str) -> None:
    assert admits(text)


@pytest.mark.parametrize("text", lines(NO_ADMISSIONS))
def test_who_asks_about_it_or_has_something_else_does_not(text: str) -> None:
    assert not admits(text)


@pytest.mark.parametrize("text", lines(HARDLY_ADMISSIONS))
def test_who_has_understood_or_has_other_plans_claims_no_sign(text: str) -> None:
    assert not admits(text)


def test_a_long_story_is_a_message_of_its_own() -> None:
    for text, says in (("yes", assent), ("no", assent)):
        assert says(text + " and then" * 40) is Assent.NEITHER
    assert not denies("no " + "and then " * 40)
    assert not admits("i have that " + "and then " * 40)


# --- thanks ------------------------------------------------------------------------------------------

THANKS = """
thanks
Thanks!
thx
ty
thank you
thank you so much
ok
OK.
okay thanks
k
kk
cheers
cheers mate
sorry
is that ok
is that ok?
is it bad
ok will do
got it, thanks
i see
oh wow
👍
🙏🙏
ok 👍
good to know, thank you
alright then
"""
MORE_THAN_THANKS = """

?
thanks, how much is it
ok but can i run
thanks for nothing, my chest hurts
is that ok to run on
is it safe
sorry, what is dry needling
no
yes
okra
thankless
sorry my calf is hot
right calf
so can i run
good clinics
"""


@pytest.mark.parametrize("text", lines(THANKS))
def test_thanks_and_the_like_are_heard_as_such(text: str) -> None:
    assert acknowledges(text)


@pytest.mark.parametrize("text", lines(MORE_THAN_THANKS))
def test_what_says_more_than_thanks_is_not(text: str) -> None:
    assert not acknowledges(text)


# --- whatever is typed ----------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        "yes",
        "no",
        "a bit",
        "none",
        "ok",
        "thanks",
        "i have",
        "those",
        "but",
        "not",
        "?",
        ",",
        "👍",
        "years ago",
        "\n",
    ]
)
ANYTHING = st.one_of(st.text(max_size=300), st.lists(PIECES | st.text(max_size=5), max_size=12).map(" ".join))


@given(ANYTHING)
def test_every_text_is_judged_one_way_and_always_the_same(text: str) -> None:
    said = assent(text)
    assert said is assent(text)
    assert said is Assent.NEITHER or text.strip()
    assert said is not Assent.NO or denies(text)
    assert said is Assent.NEITHER or not acknowledges(text)
    assert {type(denies(text)), type(admits(text)), type(acknowledges(text))} == {bool}


@given(ANYTHING.filter(lambda text: len(text) < 200), st.sampled_from(["", " ", "\n", "\u200b"]))
def test_case_and_blanks_around_change_nothing(text: str, around: str) -> None:
    for says in (assent, denies, admits, acknowledges):
        assert says(around + text.upper() + around) == says(text.upper())
    assert assent("") is assent(around) is Assent.NEITHER


@pytest.mark.parametrize(
    "text",
    [
        "kk " * 20,
        "thank you " * 20,
        "ok " * 2_000,
        "so then " * 500,
        "i think " * 500,
        "sorry, " * 500,
        "no " * 500,
    ],
    ids=lambda text: text[:9],
)
@pytest.mark.parametrize("end", ["", "xylophone"])
def test_no_text_takes_long(text: str, end: str) -> None:
    began = time.process_time()
    for says in (assent, denies, admits, acknowledges):
        says(text + end)
    assert time.process_time() - began < 0.3
