"""What a pasted key drags along: characters that nobody sees, taken out and counted. Pure.

A known support case: a key copied from a web page or a mail holds a zero-width space, a byte order
mark or a no-break space, and is refused without anyone seeing why (screens.md, Currents).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

# Control, format (zero-width, byte order mark, text direction), surrogate, and all separators.
HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})
# Drawn as nothing, though Unicode calls them letters or marks: fillers, variation selectors.
HIDDEN_BESIDES = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0" + "".join(map(chr, range(0xFE00, 0xFE10)))
)


@dataclass(frozen=True, slots=True)
class Pasted:
    text: str
    removed: int  # characters


def without_hidden(text: str) -> Pasted:
    kept = "".join(character for character in text if not is_hidden(character))
    return Pasted(kept, len(text) - len(kept))


def is_hidden(character: str) -> bool:
    return unicodedata.category(character) in HIDDEN_CATEGORIES or character in HIDDEN_BESIDES


def strangers(text: str) -> list[str]:
    """The characters that no key has, each once: a key is printable ASCII without spaces."""
    return list(dict.fromkeys(character for character in text if not "!" <= character <= "~"))
