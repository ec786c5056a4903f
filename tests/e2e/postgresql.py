#!/usr/bin/env python3
"""A PostgreSQL of its own for tests: `start FILE` writes its URL into FILE, `stop FILE` ends it. It is Debian's package, run
by an unprivileged user, in a temporary folder, on a Unix socket alone. Or, within a program: `with Postgresql() as server`."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
USER = "postgres"  # Debian's package makes it; a server refuses to run as root
DEADLINE = 60  # seconds
# Nothing of it has to survive a power cut, and nobody else may connect.
SETTINGS = ("listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


class Postgresql:
    def __init__(self, *settings):
        self.settings = settings or SETTINGS
        self.folder = Path(tempfile.mkdtemp(prefix="skiff-postgresql-"))
        self._user = {}
        if os.geteuid() == 0:
            account = pwd.getpwnam(USER)
            os.chown(self.folder, account.pw_uid, account.pw_gid)
            self._user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        self.url = f"postgresql:///postgres?host={self.folder}&user=skiff"

    def run(self, program, *words):
        done = subprocess.run([PROGRAMS / program, *words], capture_output=True, text=True, check=False, cwd="/", **self._user)
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}")

    def query(self, statement):
        """What a statement gives, as rows of text."""
        done = subprocess.run(["psql", self.url, "-XAtF", "\t", "-c", statement], capture_output=True, text=True, check=True)
        return [line.split("\t") for line in done.stdout.splitlines()]

    def start(self):
        """Gives the process id of the server, which takes connections when this returns."""
        data = self.folder / "data"
        self.run("initdb", "-D", data, "-U", "skiff", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        words = [PROGRAMS / "postgres", "-D", data, "-k", self.folder]
        for setting in self.settings:
            words += ["-c", setting]
        with (self.folder / "log").open("w") as log:
            options = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "cwd": "/", "start_new_session": True}
            server = self._process = subprocess.Popen(words, **options, **self._user)
        until = time.monotonic() + DEADLINE
        while time.monotonic() < until and server.poll() is None:
            lines = (data / "postmaster.pid").read_text().split("\n") if (data / "postmaster.pid").exists() else []
            if len(lines) > 7 and lines[7].startswith("ready"):
                return server.pid
            time.sleep(0.02)
        raise RuntimeError(f"PostgreSQL did not start:\n{(self.folder / 'log').read_text()}")

    def stop(self, server):
        """Ends the server of this process id, and removes its folder."""
        try:
            os.kill(server, signal.SIGINT)  # connections that are left are ended
        except ProcessLookupError:
            pass
        until = time.monotonic() + DEADLINE
        while (self.folder / "data/postmaster.pid").exists() and time.monotonic() < until:
            time.sleep(0.02)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop(self._process.pid)
        self._process.wait(DEADLINE)


def stop(file):
    """What an earlier run left, too; the folder says whether the process is still that server."""
    if not file.exists():
        return
    _, folder, server = file.read_text().split()
    file.unlink()
    if not (Path(folder) / "data/postmaster.pid").exists():
        return
    left = Postgresql.__new__(Postgresql)
    left.folder = Path(folder)
    left.stop(int(server))


def main():
    verb, file = sys.argv[1], Path(sys.argv[2])
    stop(file)
    if verb == "start":
        postgresql = Postgresql()
        server = postgresql.start()
        file.write_text(f"{postgresql.url}\n{postgresql.folder}\n{server}\n")


if __name__ == "__main__":
    main()
