"""Every address that the resolver knows, read once, for the tests that walk them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

SCREENS = "w/<slug:workspace>/"


@dataclass(frozen=True, slots=True)
class Address:
    name: str
    route: str
    parameters: frozenset[str]
    view: Callable[..., Any]

    @property
    def is_screen(self) -> bool:
        return self.route.startswith(SCREENS)

    def __str__(self) -> str:
        return self.name


def addresses() -> list[Address]:
    return sorted(_below(get_resolver(), "", "", frozenset()), key=lambda found: found.route)


def _below(
    resolver: URLResolver, route: str, namespace: str, parameters: frozenset[str]
) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        below = route + str(entry.pattern)
        given = parameters | set(entry.pattern.converters)
        if isinstance(entry, URLPattern):
            yield Address(namespace + (entry.name or ""), below, given, entry.callback)
        else:
            inside = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _below(entry, below, inside, given)
