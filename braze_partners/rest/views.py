"""The base of every endpoint that is called with a REST API key.

How to add one to /api/v1/ (in the app's `api.py`, its address in the app's `api_urls.py`, which
`braze_partners/api_urls.py` includes):

    class CohortList(ApiView):
        needs = {"GET": "cohorts.read"}            # a row of keys/permissions.py per method

        @extend_schema(parameters=PAGE_PARAMETERS, responses=paged(CohortSerializer))
        def get(self, request: Request) -> Response:
            page = query_page(request, Cohort.objects.filter(workspace_id=self.workspace_id))
            return page.answer(CohortSerializer)

    class CohortOne(ApiView):
        needs = {"DELETE": "cohorts.write"}

        @extend_schema(responses={204: None})
        def delete(self, request: Request, pk: int) -> Response:
            ...

- `self.workspace_id` scopes every query: nothing of another workspace is reachable, it is a 404.
- `self.caller` says who acts for the audit log: account None, the address, the key masked.
- Raise a `Refusal` of braze_partners/errors.py (or of your own errors.py) to say no.
- A POST that creates carries `@idempotent` (rest/idempotency.py) above it.
- On Braze's own paths the same base works: errors take Braze's shape by the path alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from braze_partners.rest import rate_limits
from braze_partners.rest.callers import Caller, key_of
from braze_partners.rest.rate_limits import Pool, RateState
from braze_partners.workspaces.addresses import client_address
from braze_partners.workspaces.models import Workspace


class ApiView(APIView):
    """Bearer key, permission by method, rate limit with its headers, refusals as JSON."""

    needs: ClassVar[Mapping[str, str]] = {}
    pool: ClassVar[Pool] = Pool.DEFAULT
    rate: RateState | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        now = timezone.now()
        self.rate = rate_limits.take(self.pool, self.workspace_id, now)
        self.rate.enforce(now)

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        if self.rate is not None:
            self.rate.put_on(response)
        return super().finalize_response(request, response, *args, **kwargs)

    @property
    def workspace_id(self) -> int:
        return key_of(self.request).workspace_id

    @cached_property
    def workspace(self) -> Workspace:
        return Workspace.objects.get(pk=self.workspace_id)

    @cached_property
    def caller(self) -> Caller:
        return Caller(client_address(self.request._request), key_of(self.request).masked)
