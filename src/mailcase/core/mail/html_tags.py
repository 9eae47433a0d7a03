"""What the tags and styles of HTML mean for its reader, as tables; style sheets are not read.

White words on white are not taken for hidden ones: editors with a dark screen write all of a mail in white.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


BLOCK: Final = _names(
    "address article aside blockquote body center dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6"
    " header hr html li main nav ol p pre section table tbody tfoot thead tr ul"
)
APART: Final = _names("blockquote dl figure h1 h2 h3 h4 h5 h6 ol p pre table ul")
"""A blank line stands around these."""
VOID: Final = _names("area base br col embed hr img input link meta source track wbr")
NOT_SHOWN: Final = _names("script style title template xml noframes iframe datalist")
"""Up to the end tag, whatever is inside."""
ENDS_ITSELF: Final = _names("p li td th tr dd dt option")
"""The end tag of these may be left out."""
_STRUCK: Final = _names("del s strike")

NO_MARGIN: Final = re.compile(r"margin(?:-top)?\s*:\s*0", re.IGNORECASE)
NO_BORDER: Final = re.compile(r"border\s*:\s*(?:none|0)", re.IGNORECASE)
SHOWN_AS_WRITTEN: Final = re.compile(r"white-space\s*:\s*pre", re.IGNORECASE)

_NONE: Final = r"\s*+:\s*+(?:0++(?:\.0*+)?|\.0++)[a-z%]*+\s*+(?:!|;|$)"  # a length or a number of nought
_HIDDEN: Final = re.compile(
    r"(?<![\w-])(?:display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all"
    rf"|opacity{_NONE}"
    r"|(?:left|top|text-indent)\s*+:\s*+-\d{3}"  # beside the page
    r"|clip\s*:\s*rect\(\s*[01])",
    re.IGNORECASE,
)
_CUT: Final = re.compile(r"(?<![\w-])overflow\s*:\s*hidden", re.IGNORECASE)
_NO_ROOM: Final = re.compile(rf"(?<![\w-])(?:max-)?(?:height|width){_NONE}", re.IGNORECASE)
_SIZE: Final = re.compile(r"(?<![\w-])font-size\s*:", re.IGNORECASE)
_TINY: Final = re.compile(rf"(?<![\w-])font-size(?:{_NONE}|\s*:\s*[01](?:\.\d+)?p[xt])", re.IGNORECASE)
_LINE_THROUGH: Final = re.compile(r"(?<![\w-])text-decoration(?:-line)?\s*+:[^;:]{0,60}line-through", re.IGNORECASE)


def is_hidden(values: Mapping[str, str]) -> bool:
    """Whether an element with these attributes is hidden with all that is in it."""
    style = values.get("style", "")
    if not style:
        return "hidden" in values
    cut = _CUT.search(style) and _NO_ROOM.search(style)
    return "hidden" in values or bool(cut or _HIDDEN.search(style))


def is_struck(name: str, values: Mapping[str, str]) -> bool:
    """Whether its author took the words of an element back."""
    return name in _STRUCK or bool(_LINE_THROUGH.search(values.get("style", "")))


def is_tiny(values: Mapping[str, str], around: bool) -> bool:
    """Whether letters of this size cannot be seen; where the size is not said, it is the one around the element."""
    style = values.get("style", "")
    return bool(_TINY.search(style)) if _SIZE.search(style) else around
