"""A whole fleet on one machine: repository, keys, certificate authorities, server, devices; real processes, real TLS."""

import contextlib
import json
import shutil
import sqlite3
import subprocess
import threading
from pathlib import Path

from programs import TIMEOUT, run, run_json, run_well

ONLINE_KEYS = ("deltas.key", "snapshot.key", "timestamp.key")
HARDWARE = "gw1"


class Server:
    """A running skiff-server on a port of its own, its state folder and log called by its name; ends with stop()."""

    def __init__(self, fleet, options, name):
        port_file = fleet.folder / f"{name}.port"
        port_file.unlink(missing_ok=True)
        state = fleet.folder / f"{name}-state"
        command = [fleet.programs.server, "serve", "--repo", fleet.repo, "--keys", fleet.online_keys]
        command += ["--state", state, "--ca", fleet.ca]
        command += ["--listen", f"{fleet.host}:0", "--port-file", port_file, *options]
        self.log = fleet.folder / f"{name}.log"
        self.database = state / "skiff.sqlite"
        self._process = subprocess.Popen(
            [str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        self._lines = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.wait_for("started")
        self.address = (fleet.host, int(port_file.read_text()))

    def _read(self):
        with self.log.open("a") as log:
            for line in self._process.stderr:
                log.write(line)
                log.flush()
                with self._changed:
                    self._lines.append(line)
                    self._changed.notify_all()
        with self._changed:
            self._lines.append("")
            self._changed.notify_all()

    def wait_for(self, *words):
        """Waits until the server has logged a line with all these words."""

        def seen():
            return any(all(word in line for word in words) for line in self._lines) or "" in self._lines

        with self._changed:
            in_time = self._changed.wait_for(seen, TIMEOUT)
            if not in_time or "" in self._lines:
                raise AssertionError(f"the server never logged {words}:\n{''.join(self._lines)}")

    def logged(self, *words):
        """Lines with all these words, so far."""
        with self._changed:
            return [line for line in self._lines if all(word in line for word in words)]

    def reports(self):
        """What devices reported, oldest first."""
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", timeout=TIMEOUT, uri=True)) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute("SELECT * FROM reports ORDER BY rowid")]

    @property
    def process_id(self):
        return self._process.pid

    def kill(self):
        """Ends the server as a power cut does."""
        self._process.kill()
        self._process.wait(TIMEOUT)

    def stop(self):
        """Ends the server as an operator does; gives its exit code."""
        if self._process.poll() is None:
            self._process.terminate()
        code = self._process.wait(TIMEOUT)
        self._reader.join()
        self._process.stderr.close()
        return code


class Device:
    """One device. `slots` are paths of block devices by the names A and B; None: files are made. `port` is where its agent
    finds the server, `runner` a command that runs the agent."""

    OK, FAILURE, USAGE, REBOOT, LATER = range(5)

    def __init__(self, fleet, serial, image, port, slots=None):
        self.fleet = fleet
        self.folder = fleet.folder / serial
        self.folder.mkdir()
        self.runner = []
        slots = slots or {"A": self.folder / "slot-a", "B": self.folder / "slot-b"}
        shutil.copyfile(image, slots["A"])
        slots["B"].touch()
        self.checks = self.folder / "checks.d"
        self.checks.mkdir()
        certificate, key = self.folder / "device.crt", self.folder / "device.pem"
        run_well(fleet.programs.server, "ca", "issue", fleet.ca, "--serial", serial, "--out", certificate, "--key", key)
        self.config = self.folder / "agent.json"
        self.settings = {
            "ca": str(fleet.ca / "server-ca.pem"),
            "certificate": str(certificate),
            "key": str(key),
            "hardware": HARDWARE,
            "state_dir": str(self.folder / "state"),
            "checks_dir": str(self.checks),
            "poll_interval": 1,
        }
        self.use_slots(slots)
        self.link(port)
        self.root = fleet.repo / "metadata" / "1.root.json"
        self.agent_well("init", "--root", self.root, "--slot", "A", "--image-length", image.stat().st_size)
        self.boot()

    def link(self, port):
        """From now on the agent finds the server at this port of localhost."""
        self.configure(server=f"https://localhost:{port}")

    def use_slots(self, slots):
        """From now on these are the agent's slots."""
        self.slots = slots
        self.configure(slots={"a": str(slots["A"]), "b": str(slots["B"])})

    def configure(self, **settings):
        self.settings.update(settings)
        self.config.write_text(json.dumps(self.settings))

    def add_check(self, name, script):
        path = self.checks / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def command(self, verb, *words):
        return [*self.runner, self.fleet.programs.agent, verb, "--config", self.config, *words]

    def agent(self, verb, *words, **options):
        return run(*self.command(verb, *words), **options)

    def agent_well(self, verb, *words):
        return run_well(*self.command(verb, *words))

    def start(self, verb, *words):
        """Starts the agent without waiting for it, its log going to a file."""
        with (self.folder / "agent.log").open("a") as log:
            command = [str(word) for word in self.command(verb, *words)]
            return subprocess.Popen(command, stdout=log, stderr=log)

    def once(self, **options):
        """One step of the agent; gives its exit code. A shell starts it, because a process inherits the peak memory of
        the one that forked it, and this one's is large."""
        done = run("sh", "-c", '"$@"; exit $?', "sh", *self.command("once"), **options)
        with (self.folder / "agent.log").open("a") as log:
            log.write(done.stderr)
        return done.returncode

    def boot(self):
        """The boot loader's turn; gives the slot that it starts."""
        return self.agent_well("boot").strip()

    def status(self):
        return run_json(*self.command("status", "--json"))

    def holds(self, slot, image):
        """A file is as long as the image in it, a block device may be longer."""
        path, wanted = self.slots[slot], Path(image).read_bytes()
        found = path.read_bytes()
        return (found[: len(wanted)] if path.is_block_device() else found) == wanted

    def log(self):
        path = self.folder / "agent.log"
        return path.read_text() if path.exists() else ""


class Fleet:
    """Everything below one folder, which is made if it is empty and taken up as it is otherwise. Servers listen on `host`;
    their names are localhost, this one, and `server_name`."""

    def __init__(self, programs, folder, server_name="updates", host="127.0.0.1"):
        self.programs = programs
        self.host = host
        self.folder = Path(folder)
        self.repo, self.keys = self.folder / "repo", self.folder / "keys"
        self.online_keys, self.ca = self.folder / "online-keys", self.folder / "ca"
        self._servers = []
        if self.repo.exists():
            return
        run_well(programs.skiff, "repo", "init", self.repo, "--keys", self.keys)
        self.online_keys.mkdir(mode=0o700)
        for name in ONLINE_KEYS:
            shutil.copy(self.keys / name, self.online_keys / name)
        names = sum((["--server-name", name] for name in ("localhost", host, server_name)), [])
        run_well(programs.server, "ca", "init", self.ca, *names)

    def close(self):
        for server in self._servers:
            server.stop()

    def start_server(self, *options, name="server"):
        server = Server(self, options, name)
        self._servers.append(server)
        return server

    def device(self, serial, image, port, slots=None):
        return Device(self, serial, image, port, slots)

    def write_image(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path

    def release(self, image, hardware=HARDWARE, counter=None):
        """Signs an image as the next release, and makes everything that was added visible."""
        counter = counter or 1 + len(run_json(self.programs.skiff, "repo", "list", self.repo, "--json")["releases"])
        words = ["--image", image, "--name", image.name, "--hardware", hardware]
        words += ["--version", f"{counter}.0", "--counter", counter, "--keys", self.keys]
        run_well(self.programs.skiff, "repo", "add-release", self.repo, *words)
        self.publish()

    def add_delta(self, base, result, *options):
        """Makes, by these options of `skiff diff`, and adds a delta between two released images; gives its file in the
        repository."""
        delta = self.folder / f"{Path(base).name}-{Path(result).name}.skd"
        run_well(self.programs.skiff, "diff", base, result, "-o", delta, *options)
        run_well(self.programs.skiff, "repo", "add-delta", self.repo, delta, "--keys", self.keys)
        self.publish()
        content = delta.read_bytes()
        return next(path for path in (self.repo / "targets/deltas").iterdir() if path.read_bytes() == content)

    def publish(self):
        run_well(self.programs.skiff, "repo", "publish", self.repo, "--keys", self.keys)
