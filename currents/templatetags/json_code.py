"""JSON as people read it: indented, its keys, texts and numbers told apart. Knows no model."""

from __future__ import annotations

import json
import re
from typing import Any

from django import template
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

# A text (a key where a colon follows), or a number, true, false, null.
TOKEN = re.compile(
    r'(?P<text>"(?:[^"\\]|\\.)*")(?P<colon>:)?|(?P<number>-?\d[\d.eE+-]*|true|false|null)'
)


@register.filter
def json_code(value: Any) -> SafeString:
    """Of a JSON text, or of what can be one. A text that is no whole JSON stays as it is."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return SafeString(conditional_escape(value))
    return _coloured(json.dumps(value, indent=2, ensure_ascii=False))


def _coloured(text: str) -> SafeString:
    pieces, end = [], 0
    for found in TOKEN.finditer(text):
        pieces.append((SafeString(conditional_escape(text[end : found.start()])),))
        pieces.append((_token(found),))
        end = found.end()
    pieces.append((SafeString(conditional_escape(text[end:])),))
    return format_html_join("", "{}", pieces)


def _token(found: re.Match[str]) -> SafeString:
    if found["number"]:
        return format_html('<span class="code-number">{}</span>', found["number"])
    if found["colon"]:
        return format_html('<span class="code-key">{}</span>:', found["text"])
    return format_html('<span class="code-text">{}</span>', found["text"])
