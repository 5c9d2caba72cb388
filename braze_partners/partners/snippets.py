"""The two calls of a cohort import as code to copy: curl, Python, JavaScript. Pure; knows no key.

Each names a cohort and puts two users into it. The data import key is read from the environment, so
that what is copied can be run without a secret in it.
"""

from __future__ import annotations

from dataclasses import dataclass

KEY_VARIABLE = "BRAZE_DATA_IMPORT_KEY"


@dataclass(frozen=True, slots=True)
class Snippet:
    slug: str
    language: str
    code: str


_CURL = """export {variable}=…

curl -sS {url} \\
  -H 'Content-Type: application/json' \\
  -d '{{"partner_api_key": "{partner_key}", "client_secret": "'"${variable}"'",
       "cohort_id": "tryit1", "name": "Try it", "created_at": "2026-01-21T19:20:30+00:00"}}'

curl -sS {url}/users \\
  -H 'Content-Type: application/json' \\
  -d '{{"partner_api_key": "{partner_key}", "client_secret": "'"${variable}"'",
       "cohort_id": "tryit1", "cohort_changes": [{{"user_ids": ["user-1", "user-2"]}}]}}'"""

_PYTHON = """import json
import os
from urllib.request import Request, urlopen

URL = "{url}"
COHORT = {{
    "partner_api_key": "{partner_key}",
    "client_secret": os.environ["{variable}"],
    "cohort_id": "tryit1",
}}


def post(url, **fields):
    body = json.dumps(COHORT | fields).encode()
    request = Request(url, body, {{"Content-Type": "application/json"}})
    with urlopen(request, timeout=10) as answer:  # raises HTTPError for a refusal
        print(answer.status, answer.read().decode())


post(URL, name="Try it", created_at="2026-01-21T19:20:30+00:00")
post(URL + "/users", cohort_changes=[{{"user_ids": ["user-1", "user-2"]}}])"""

_JAVASCRIPT = """const url = "{url}";
const cohort = {{
  partner_api_key: "{partner_key}",
  client_secret: process.env.{variable},
  cohort_id: "tryit1",
}};

async function post(url, fields) {{
  const answer = await fetch(url, {{
    method: "POST",
    headers: {{ "Content-Type": "application/json" }},
    body: JSON.stringify({{ ...cohort, ...fields }}),
    signal: AbortSignal.timeout(10_000),
  }});
  console.log(answer.status, await answer.text());
}}

(async () => {{
  await post(url, {{ name: "Try it", created_at: "2026-01-21T19:20:30+00:00" }});
  await post(`${{url}}/users`, {{ cohort_changes: [{{ user_ids: ["user-1", "user-2"] }}] }});
}})();"""


def snippets(cohorts_url: str, partner_key: str) -> list[Snippet]:
    """`cohorts_url` is the address of /cohorts; `partner_key` stands as `partner_api_key`."""
    words = {"url": cohorts_url, "partner_key": partner_key, "variable": KEY_VARIABLE}
    return [
        Snippet("curl", "curl", _CURL.format(**words)),
        Snippet("python", "Python", _PYTHON.format(**words)),
        Snippet("javascript", "JavaScript", _JAVASCRIPT.format(**words)),
    ]
