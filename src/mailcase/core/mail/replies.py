"""What short replies of customers mean: I withdraw, I disagree, a mark for the survey. English only.

Each recogniser takes the newly written text and would rather miss than mistake: a person reads every reply anyway.
A long mail says more than one thing, so it is none of these.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from mailcase.core.mail.quote_lines import INVISIBLE, Kind, clean, kind_of

LONGEST: Final = 1_000  # characters; a longer text is left to a person
WRAPPED: Final = 40  # characters; a line at least this long may go on in the next one

_CASE: Final = r"(?:my|the|this|our|that) (?:(?:whole|entire) )?(?:complaint|case|ticket)"
_OFF: Final = r"(?:withdraw|cancel|close|drop|retract)"
_BEING_OFF: Final = r"(?:withdrawing|cancell?ing|closing|dropping|retracting)"
_TO_BE_OFF: Final = r"(?:to be )?(?:withdrawn|cancell?ed|closed|dropped)"
_FURTHER: Final = r"(?:pursue|continue with|proceed with|go on with)"
_NOW: Final = r"(?:(?:hereby|now|formally|also|just|simply) )*"
_WISH: Final = r"(?:wish|want|intend)"
_ASK: Final = r"(?:(?:please|kindly|just|(?:can|could|would|will) you) )+"
_LIKE: Final = r"(?:would like|want|wish)"

WITHDRAWALS: Final = (
    # each begins a sentence, and only its reason may follow
    rf"(?:i|we) {_NOW}{_OFF} {_CASE}",
    rf"(?:i am|we are) {_NOW}{_BEING_OFF} {_CASE}",
    rf"(?:i|we) {_NOW}(?:{_LIKE}|have decided) to {_NOW}{_OFF} {_CASE}",
    rf"(?:i|we) {_LIKE} {_CASE} {_TO_BE_OFF}",
    rf"{_ASK}{_OFF} {_CASE}",
    rf"(?:please )?consider {_CASE} (?:as )?{_TO_BE_OFF}",
    rf"(?:i|we) (?:no longer|do not) {_WISH} to {_FURTHER} {_CASE}(?: (?:any (?:further|more|longer)|anymore))?",
    rf"(?:i|we) (?:no longer|do not) {_WISH} to (?:take|pursue) (?:{_CASE}|this|it|the matter) any further",
    rf"(?:i|we) no longer {_WISH} to (?:complain|pursue (?:this|it|the matter|this matter))",
)
"""How customers take a complaint back."""

_VERY: Final = r"(?:(?:still|very|really|at all|completely|totally|entirely|strongly|fully|simply|also) )*"
_PLEASED: Final = r"(?:happy|satisfied|pleased|content)"
_ANSWER: Final = (
    r"(?:the|your|this|that) (?:(?:final|recent|proposed|last) )*(?:outcome|decision|answer|response|reply|result"
    r"|resolution|letter|conclusion|findings?|explanation|offer|solution|review)"
)
_END: Final = r"(?=$|[,:)]| (?:at all|and|or|but|because|as|so|since|please|now|either)\b)"
_IT: Final = rf"(?:this|that|it|the matter|this matter|{_CASE})"
_MANAGER: Final = r"(?:a|your|the|another)(?: more)?(?: senior)? (?:manager|supervisor)"
_LOOK: Final = r"(?:look|review|check|read|see|decide|deal|handle|take)"

DISAGREEMENTS: Final = (
    rf"(?:i|we) {_VERY}(?:(?:must|do|have to|respectfully) )*{_VERY}disagree",
    rf"(?:i|we) (?:do not|cannot) {_VERY}agree",
    rf"(?:i am|we are) {_VERY}not {_VERY}{_PLEASED} with (?:{_ANSWER}|(?:this|that|it){_END})",
    rf"(?:i am|we are) {_VERY}(?:unhappy|dissatisfied|displeased) with {_ANSWER}",
    rf"(?:i|we) {_VERY}(?:do not|cannot|will not|refuse to) {_VERY}accept(?: {_ANSWER}|(?: this| that| it)?{_END})",
    # No possessive ?+ here: behind a group it is not possessive in Python 3.11.2, as Debian 12 has it.
    rf"{_ASK}escalate(?: {_IT}|(?! {_IT}\b))",
    rf"(?:i|we) {_LIKE} to escalate(?: {_IT}|(?! {_IT}\b))",
    rf"(?:i|we) {_LIKE} {_IT} (?:to be )?escalated",
    rf"(?:i|we) {_LIKE} (?:to (?:speak|talk) (?:to|with) )?{_MANAGER}(?:{_END}| to {_LOOK}\b)",
    rf"(?:can|could|may) {_MANAGER} (?:please )?{_LOOK}\b",
)
"""How customers say that an answer is not the end of it."""

# What may stand before a withdrawal and behind it. The lead takes a greeting only with its comma, so that it never
# takes the sentence with it.
_LEAD: Final = re.compile(
    r"(?:(?:(?:(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))(?: [\w'-]+){0,2}|thank(?:s| you)[\w ]{0,60}),"
    r"|(?:yes|no|ok|okay|hi|hello|sorry|thanks|thank you|well|actually|so|and|then|therefore|in that case)\b)[ ,:-]+)*+"
)
_REASON: Final = (
    r"(?:[ ,:-]+(?:as|because|because of|since|for|with|now|today|immediately|completely|altogether|please|thanks"
    r"|thank you|and|about|regarding|ref|reference|number|against|[a-z]{2,5}-[0-9a-z-]{4,20}|regards)\b.*)?"
)
_WITHDRAWAL: Final = re.compile(rf"(?:{'|'.join(WITHDRAWALS)}){_REASON}")
_CONDITION: Final = re.compile(
    r"\b(?:if|unless|once|when|whenever|until|till|provided|providing|as soon as|as long as|so long as|subject to"
    r"|on condition|in exchange|in return|otherwise|but|except|only|however|should you|assuming)\b"
)
_COURTESY: Final = re.compile(r"(?:(?:let me know|contact me|call me) )?if you (?:have|need|want) any[\w ]{1,40}")
_NOT_OFF: Final = re.compile(
    rf"\b(?:not|never|no longer|without|refuse to)(?: \w+){{0,2}} (?:{_OFF}|{_BEING_OFF}|withdrawn|closed)\b"
)

_DISAGREEMENT: Final = re.compile(rf"\b(?:{'|'.join(DISAGREEMENTS)})\b(?! (?:if|unless|when|once|until)\b)")
_SUPPOSED: Final = re.compile(r"\b(?:if|whether|unless|should|in case|suppose|supposing|assuming)\b")
_OF_OTHERS: Final = re.compile(
    # before the words themselves: who else said them, or that they are not said
    r"\b(?:not|never|no longer|cannot|say|says|said|wrote|claim|claimed|do|did|how|would|can|may"
    r"|(?:you|they|he|she)(?: \w+){1,2})(?: that)?$"
)
_AGREEMENT: Final = re.compile(
    r"\b(?:i|we) (?:(?:do|fully|now|also|still|completely|entirely|will|can|must) )*(?:agree|accept)\b"
    r"|\b(?:not|never|no longer|cannot) (?:really |actually )?(?:disagree|escalate)\b"
    r"|\b(?:i am|we are) (?:(?:now|very|quite|so|also|really|still|perfectly|completely) )*"
    rf"(?:{_PLEASED}|not (?:unhappy|dissatisfied)) with {_ANSWER}"
)
_CLAUSE_END: Final = re.compile(r"[,:()]|\s-+\s|\b(?:but|so|and|therefore|because|as|since)\b")
_SENTENCE_END: Final = re.compile(r"[.!?;\n]+")
_IN_QUOTES: Final = re.compile(r'"[^"]*(?:"|$)|(?<!\w)\'[^"]*?\'(?!\w)')

_PLAIN: Final = str.maketrans("\u2018\u2019\u201c\u201d\u201e\xab\xbb\u2013\u2014*_", '\'\'"""""--  ')
_LONG_FORMS: Final = (
    # so that the tables above need no contractions
    (re.compile(r"\bcan't\b|\bcant\b|\bcan not\b"), "cannot"),
    (re.compile(r"\bwon't\b|\bwont\b"), "will not"),
    (re.compile(r"\bdont\b"), "do not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\bi'm\b|\bim\b"), "i am"),
    (re.compile(r"\bwe're\b"), "we are"),
    (re.compile(r"\b(i|we)'d\b"), r"\1 would"),
    (re.compile(r"\b(i|we)'ve\b"), r"\1 have"),
)

_MARK: Final = re.compile(
    r"(?:(?:(?:my )?(?:score|rating|mark|answer)(?: is)?\s*[:=-]?"
    r"|(?:i|i would|i['\u2019]d) give(?: you| it)?(?: an?)?)\s*)?"
    r"(?P<mark>[1-5])(?!\w)"
    r"(?P<of>\s*/\s*5(?!\w|/|[.,-]\d)|\s+out of\s+(?:5|five)\b|\s?\*|\s+stars?\b)?"
    r"(?!\s*(?:second|minute|hour|day|week|month|year|time|call|e-?mail|letter|item|order)s?\b|\s*(?:people|persons?)\b)"
    r"(?P<words>.*)",
    re.IGNORECASE,
)
# What parts a mark from its words; "3 weeks", "1. First", "4.5", "3:30" and "2-3" are no marks.
_APART: Final = re.compile(
    r"\.?$|\s*(?:[,;:!(]|[-\u2013\u2014]\s)(?!\s*\d)|\s*[\u2190-\u2bff\ufe0f\u20e3\U0001f000-\U0001faff]"
)
_EDGES: Final = " \t,;:!.*-\u2013\u2014\ufe0f\u20e3"


def withdraws(text: str) -> bool:
    """Whether the customer takes the complaint back, plainly and under no condition; a handler confirms it."""
    said = _COURTESY.sub(" ", _said(text))
    if _CONDITION.search(said) or _NOT_OFF.search(said):
        return False
    sentences = (sentence[_lead(sentence) :] for sentence in _sentences(said))
    return any(_WITHDRAWAL.fullmatch(sentence) for sentence in sentences)


def disagrees(text: str) -> bool:
    """Whether the customer does not take the answer for the last word, or wants somebody above to look."""
    said = _said(text)
    return not _AGREEMENT.search(said) and any(map(_is_disagreement, _sentences(said)))


def survey_answer(text: str) -> tuple[int, str] | None:
    """The mark from 1 to 5 with which the first line begins, and the words that go with it."""
    first, *others = [line for line in _own_lines(text) if line] or [""]
    found = _mark(first)
    if found is None or any(map(_mark, others)):  # two marks are a list, or two minds
        return None
    return int(found["mark"]), "\n".join([found["words"].strip(_EDGES), *others]).strip()


def _mark(line: str) -> re.Match[str] | None:
    found = _MARK.fullmatch(line)
    return found if found and (found["of"] or _APART.match(found["words"])) else None


def _lead(sentence: str) -> int:
    found = _LEAD.match(sentence)
    return found.end() if found else 0


def _is_disagreement(sentence: str) -> bool:
    for found in _DISAGREEMENT.finditer(sentence):
        before = sentence[: found.start()]
        clause = _CLAUSE_END.split(before)[-1].strip()
        if not _SUPPOSED.search(before) and not _OF_OTHERS.search(clause):
            return True
    return False


def _sentences(said: str) -> list[str]:
    return [words for sentence in _SENTENCE_END.split(said) if (words := sentence.strip(" ,:-()"))]


def _own_lines(text: str) -> list[str]:
    """The lines as they look to a reader, an empty one for what is no text; none of a text that is too long."""
    if len(text) > LONGEST:
        return []
    lines = INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).splitlines()
    return [line.strip(" \t*_") if kind_of(clean(line)) is Kind.TEXT else "" for line in lines]


def _said(text: str) -> str:
    """The author's own words in small letters and long forms, without what is quoted; a paragraph is one line.

    A line that may have been wrapped goes on in the next one: it must not look like the beginning of a sentence.
    """
    pieces: list[str] = []
    for line in _own_lines(text):
        pieces += [line.lower(), " " if len(line) >= WRAPPED else "\n"]
    said = "".join(pieces).translate(_PLAIN)
    for short, long in _LONG_FORMS:
        said = short.sub(long, said)
    return re.sub(r" {2,}", " ", _IN_QUOTES.sub(" ", said))
