"""TufCase: a simulated repository on loopback, and `skiff tuf` run against it by the public contract of TUF clients."""

import json
import os
import subprocess
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from simulator import Repository

SKIFF = Path(os.environ["SKIFF_BUILD"]) / "engine/cli/skiff"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        data = self.server.repository.serve(self.path.lstrip("/"))
        self.send_response(404 if data is None else 200)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        self.wfile.write(data or b"")

    def log_message(self, *_):
        pass


class TufCase(unittest.TestCase):
    handler = Handler

    def setUp(self):
        self.repository = Repository()
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.metadata = self.folder / "metadata"
        self.artifacts = self.folder / "artifacts"
        self.metadata.mkdir()
        self.artifacts.mkdir()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler)
        self.server.daemon_threads = True
        self.server.repository = self.repository
        thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.addCleanup(lambda: (self.server.shutdown(), thread.join(), self.server.server_close()))
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def skiff(self, *arguments, days=0):
        clock = ["faketime", "-f", f"+{days}d"] if days else []
        command = [*clock, SKIFF, "tuf", "--metadata-dir", self.metadata, *arguments]
        # faketime is preloaded, before the runtime of a build with ASan, which asks to be first.
        environment = {**os.environ, "ASAN_OPTIONS": "verify_asan_link_order=0"} if days else None
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        self.message = done.stderr
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return done.returncode

    def init(self, root=None):
        file = self.folder / "initial_root.json"
        file.write_bytes(root or self.repository.published["root"][0])
        return self.skiff("init", file)

    def refresh(self, days=0):
        return self.skiff("--metadata-url", self.url + "/metadata/", "refresh", days=days)

    def download(self, *names, days=0):
        wanted = [word for name in names for word in ("--target-name", name)]
        return self.skiff(
            "--metadata-url", self.url + "/metadata/", *wanted, "--target-dir", self.artifacts,
            "--target-base-url", self.url + "/targets/", "download", days=days)  # fmt: skip

    def accepts(self):
        self.assertEqual(self.refresh(), 0, self.message)

    def refuses(self, words=""):
        """A refresh that fails, for the reason given."""
        self.assertEqual(self.refresh(), 1)
        self.assertIn(words, self.message)

    def trusted(self):
        """Every trusted role's version, by the name of its file."""
        files = sorted(self.metadata.glob("*.json"))
        return {file.stem: json.loads(file.read_bytes())["signed"]["version"] for file in files}

    def downloaded(self):
        return sorted(file.read_bytes() for file in self.artifacts.iterdir())
