"""An HTTP server that misbehaves on request, for fetch_test.cpp. Standard library only.

    http_server.py ROOT     prints its port, serves until its standard input is closed

The first part of the address says how, the rest names a file under ROOT:

    /plain/FILE       as it should be, with Range
    /no-range/FILE    always the whole file
    /cut/FILE         the first request for the file breaks off after half of what it asked for
    /busy/FILE        the first request for the file is answered 503
    /redirect/FILE    moved to /plain/FILE
    anything else     404

Every request is one line "PATH RANGE" ("-" without Range) in ROOT/requests.log. What is the first request for a file is
read from there too: without the log, the server remembers nothing.
"""

import http.server
import pathlib
import re
import sys
import threading

ROOT = pathlib.Path(sys.argv[1])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        first = self.log_request_line()
        _, manner, name = self.path.split("/", 2)
        if manner == "redirect":
            return self.answer(302, {"Location": f"/plain/{name}"})
        if manner not in ("plain", "no-range", "cut", "busy") or not (ROOT / name).is_file():
            return self.answer(404)
        if manner == "busy" and first:
            return self.answer(503)
        self.send_file((ROOT / name).read_bytes(), manner != "no-range", manner == "cut" and first)

    def log_request_line(self):
        """True when the log has no earlier request for this path."""
        with open(ROOT / "requests.log", "a+", encoding="utf-8") as log:
            log.seek(0)
            first = not any(line.startswith(self.path + " ") for line in log)
            log.write(f"{self.path} {self.headers.get('Range', '-')}\n")
        return first

    def send_file(self, content, with_range, cut):
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if not with_range or not wanted:
            return self.answer(200, {}, content, cut)
        start = int(wanted[1])
        if start >= len(content):
            return self.answer(416, {"Content-Range": f"bytes */{len(content)}"})
        self.answer(206, {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}, content[start:], cut)

    def answer(self, status, headers={}, body=b"", cut=False):
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = self.close_connection or cut

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
