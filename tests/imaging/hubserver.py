"""A small model hub: the part of the hub's HTTP interface that downloads use, with faults to order.

GET  /api/models/OWNER/NAME/revision/REVISION?blobs=True   listing with commit, sizes, checksums, licence
GET  /OWNER/NAME/resolve/COMMIT/PATH                        302 to the storage for large files, else the file
GET  /storage/SHA256                                        the bytes, with Range
"""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

COMMIT = "a" * 40


@dataclass
class Hub:
    """What it holds and how it fails. Files by path; large ones (`.safetensors`, `.onnx`, `.bin`) are LFS."""

    repo: str = "acme/tiny"
    licence: str = "apache-2.0"
    commit: str = COMMIT
    files: dict[str, bytes] = field(default_factory=dict)
    # path → other bytes that are sent instead of the listed ones.
    tampered: dict[str, bytes] = field(default_factory=dict)
    # path → the connection breaks after so many bytes of a response; then the storage is down.
    breaks: dict[str, int] = field(default_factory=dict)
    gated: bool = False
    # (path, Range header) of every request for a file, and the bytes that were sent of it.
    asked: list[tuple[str, str]] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)
    url: str = ""
    down: bool = False
    # Bytes a chunk, and what a large file's transfer waits for after each.
    chunk: int = 1 << 16
    between: threading.Event | None = None

    def mend(self) -> None:
        """Nothing fails any more; what was counted is forgotten."""
        self.breaks.clear()
        self.tampered.clear()
        self.down = False
        self.asked.clear()
        self.sent.clear()

    def listing(self) -> dict[str, object]:
        siblings = []
        for path, content in self.files.items():
            row: dict[str, object] = {"rfilename": path, "size": len(content)}
            row["blobId"] = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            if is_large(path):
                sha256 = hashlib.sha256(content).hexdigest()
                row["lfs"] = {"sha256": sha256, "size": len(content), "pointerSize": 135}
            siblings.append(row)
        return {
            "id": self.repo,
            "modelId": self.repo,
            "sha": self.commit,
            "private": False,
            "gated": "auto" if self.gated else False,
            "tags": [f"license:{self.licence}"],
            "cardData": {"license": self.licence},
            "siblings": siblings,
        }


def is_large(path: str) -> bool:
    return path.endswith((".safetensors", ".onnx", ".bin"))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, format: str, *args: object) -> None: ...

    def do_GET(self) -> None:
        hub, path = self.hub, urlsplit(self.path).path
        resolve = f"/{hub.repo}/resolve/{hub.commit}/"
        if path.startswith(f"/api/models/{hub.repo}/revision/"):
            if hub.gated:
                self._error(403, "GatedRepo")
            else:
                self._send(json.dumps(hub.listing()).encode(), "application/json")
        elif path.startswith(resolve) and path.removeprefix(resolve) in hub.files:
            self._resolve(path.removeprefix(resolve))
        elif path.startswith("/storage/"):
            self._storage(path.removeprefix("/storage/"))
        else:
            self._error(404, "RepoNotFound")

    def _resolve(self, name: str) -> None:
        content = self.hub.files[name]
        if not is_large(name):
            self._serve(name, content)
            return
        self.send_response(302)
        self.send_header("Location", f"/storage/{name}")
        self.send_header("X-Repo-Commit", self.hub.commit)
        self.send_header("X-Linked-Etag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Linked-Size", str(len(content)))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _storage(self, name: str) -> None:
        if self.hub.down or name not in self.hub.files:
            self._error(503 if self.hub.down else 404, "EntryNotFound")
        else:
            self._serve(name, self.hub.files[name])

    def _serve(self, name: str, content: bytes) -> None:
        hub, asked = self.hub, self.headers.get("Range", "")
        hub.asked.append((name, asked))
        content = hub.tampered.get(name, content)
        start = int(asked.removeprefix("bytes=").partition("-")[0]) if asked else 0
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.end_headers()
        end = min(len(content), start + hub.breaks.get(name, len(content)))
        for at in range(start, end, hub.chunk):
            part = content[at : min(at + hub.chunk, end)]
            try:
                self.wfile.write(part)
                self.wfile.flush()
            except OSError:
                return
            hub.sent[name] = hub.sent.get(name, 0) + len(part)
            if hub.between is not None and is_large(name):
                hub.between.wait(60)
        if end < len(content):
            hub.down = True
            self.close_connection = True

    def _send(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _error(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("X-Error-Message", code)
        self.send_header("Content-Length", "0")
        self.end_headers()


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """The hub at `hub.url` while the block runs."""
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        if hub.between is not None:
            hub.between.set()
        server.shutdown()
        server.server_close()
