"""An Amplitude whose cohorts are as large as their id says: `list-100000` has that many users. As
cheap as Python can; `python -m benchmarks.pull_stub PORT` runs it. A step spreads the users over
the people of the workspace, so that those of a small list are as far apart as a customer's.
"""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LINES = 20_000  # at once
USER_ID = "customer-%09d"  # as people.external_id; importing it takes all of Django


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    step = 7_919

    def do_GET(self) -> None:
        last = self.path.split("?")[0].rsplit("/", 1)[-1]
        if self.path.endswith("/file"):
            self._file(self.path.rsplit("/", 2)[-2])
        elif "/request-status/" in self.path:
            self._answer(200, b'{"async_status": "JOB COMPLETED"}')
        else:
            self._answer(202, b'{"request_id": "%s"}' % last.encode())

    def _file(self, name: str) -> None:
        """`list-COUNT-PEOPLE`: every STEP-th of the people, round and round, nobody twice."""
        count, people = (int(part) for part in name.split("-")[1:3])
        self.send_response(200)
        self.send_header("Content-Type", "text/csv")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"amplitude_id,user_id\n")
        for start in range(0, count, LINES):
            some = range(start, min(count, start + LINES))
            lines = [f"{n},{USER_ID % (n * self.step % people)}\n" for n in some]
            self.wfile.write("".join(lines).encode())
        self.close_connection = True

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return None


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
