"""Language and theme of a person: kept in the account, and in a cookie before sign-in.

Knows the request and the account; knows nothing of any workspace.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseRedirect,
)
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from braze_partners.workspaces.models import Account, Language, Theme

GetResponse = Callable[[HttpRequest], HttpResponse]

THEME_COOKIE = "theme"
COOKIE_AGE = 365 * 24 * 3600  # seconds: a year, a choice of looks is no secret and no tracking


class PreferencesMiddleware:
    """Speaks the account's language on screens; machine endpoints keep English."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if speaks_to_a_person(request):
            language = language_of(request)
            if language:
                translation.activate(language)
                request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)


def speaks_to_a_person(request: HttpRequest) -> bool:
    """Only a session has an account; asking for it elsewhere would cost a query for nothing."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES


def _account(request: HttpRequest) -> Account | None:
    user = getattr(request, "user", None)
    return user if isinstance(user, Account) else None


def language_of(request: HttpRequest) -> str | None:
    account = _account(request)
    return account.language if account else None


def theme_of(request: HttpRequest) -> str:
    """light, dark or system: the account's choice, else the cookie's."""
    account = _account(request)
    if account:
        return account.theme
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return chosen if chosen in Theme.values else Theme.SYSTEM.value


def _back(request: HttpRequest) -> HttpResponseRedirect:
    """To the page the person came from, if it is one of ours."""
    for address in (request.POST.get("next", ""), request.headers.get("Referer", "")):
        if address and url_has_allowed_host_and_scheme(
            address,
            allowed_hosts={request.get_host()},
            require_https=request.is_secure(),
        ):
            return HttpResponseRedirect(address)
    return HttpResponseRedirect("/")


def _remember(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=COOKIE_AGE,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    language = request.POST.get("language", "")
    if language not in Language.values:
        return HttpResponseBadRequest()
    if request.user.is_authenticated:
        Account.objects.filter(pk=request.user.pk).update(language=language)
    response = _back(request)
    _remember(response, settings.LANGUAGE_COOKIE_NAME, language)
    return response


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    theme = request.POST.get("theme", "")
    if theme not in Theme.values:
        return HttpResponseBadRequest()
    if request.user.is_authenticated:
        Account.objects.filter(pk=request.user.pk).update(theme=theme)
    response = _back(request)
    _remember(response, THEME_COOKIE, theme)
    return response
