"""Words that never reach a prompt: about age, beauty, skin or origin. Plain Python, no Django.

A style says how clothes and light look; who the person is stays with the person's own photos. Models
follow such words eagerly (instruction editors lighten skin in most outputs), so they are refused where
they are typed instead of being dropped in silence.
"""

import re
from typing import Final

# Each entry is a regular expression for one word or phrase, in the two languages of the interface. Words
# with an innocent use in clothes or light ("white coat", "fair light", "senior") are only caught beside
# the word that makes them about a person.
_PERSON: Final = (
    r"(?:person|people|man|men|woman|women|male|female|skin|face|complexion|mann|frau|haut|gesicht)"
)
_GUARDED: Final[dict[str, tuple[str, ...]]] = {
    "age": (
        r"young(?:er|est)?", r"youth(?:ful)?", r"elderly", r"aged", r"middle-?aged", r"teen(?:age[dr]?)?s?",
        r"ageless", r"anti-?ag(?:e|ing)", r"old(?:er)? " + _PERSON, r"rejuvenat\w*", r"wrinkle-?free",
        r"\d+ years? old", r"jung(?:e[rsnm]?)?", r"jugendlich\w*", r"faltenfrei\w*", r"ältere[rsnm]?",
    ),
    "beauty": (
        r"beaut(?:y|iful|ifully)", r"pretty", r"handsome", r"attractive", r"gorgeous", r"sexy",
        r"good-?looking", r"flawless", r"perfect " + _PERSON, r"smooth skin", r"slim(?:mer)?", r"skinny",
        r"thin(?:ner)? " + _PERSON, r"fat", r"schön\w*", r"hübsch\w*", r"attraktiv\w*", r"makellos\w*",
        r"schlank\w*",
    ),
    "origin": (
        r"asian", r"african", r"caucasian", r"hispanic", r"latin[oax]s?", r"arab(?:ic|ian)?", r"european",
        r"indian", r"chinese", r"japanese", r"ethnic\w*", r"race", r"racial", r"nordic", r"asiat\w*",
        r"afrikan\w*", r"europäisch\w*", r"ethni\w*",
    ),
    "skin": (
        r"(?:white|black|brown|fair|pale|light|dark|tanned)(?:er|-skinned)? " + _PERSON,
        r"\w+-skinned", r"tanned", r"skin ?tone", r"whiten\w*", r"helle(?:re)? haut", r"hauttyp\w*",
    ),
}  # fmt: skip
_PATTERN: Final = re.compile(
    "|".join(
        rf"(?P<{kind}_{i}>(?<!\w)(?:{word})(?!\w))"
        for kind, words in _GUARDED.items()
        for i, word in enumerate(words)
    ),
    re.IGNORECASE,
)


def guarded_word(text: str) -> tuple[str, str] | None:
    """The first word in `text` that is about a person's age, beauty, origin or skin, with that kind."""
    match = _PATTERN.search(text)
    if match is None or match.lastgroup is None:
        return None
    return match.group(0), match.lastgroup.partition("_")[0]
