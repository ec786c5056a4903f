"""A software TPM 2.0 (swtpm) in a folder of its own, behind two neighbouring ports of its own."""

import contextlib
import os
import signal
import socket
from pathlib import Path

from programs import run, run_well

TRIES = 5
KEY_HANDLE = "0x81010001"


def neighbouring_ports():
    """Two free ports side by side, as TPM software expects of a simulator: commands, then control."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as data:
            port = data.getsockname()[1]
            with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port + 1)):
                return port


class SwTpm:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir()
        self._pid = self.folder / "pid"
        command = ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.folder}", "--flags", "startup-clear"]
        command += ["--daemon", "--pid", f"file={self._pid}"]
        for _ in range(TRIES):  # another process may take a port between the look and the start
            port = neighbouring_ports()
            server = ["--server", f"type=tcp,port={port},disconnect", "--ctrl", f"type=tcp,port={port + 1}"]
            if run(*command, *server).returncode == 0:  # it returns when it listens
                break
        tcti = f"swtpm:host=127.0.0.1,port={port}"
        self.environment = {**os.environ, "TPM2OPENSSL_TCTI": tcti, "TPM2TOOLS_TCTI": tcti}

    def close(self):
        os.kill(int(self._pid.read_text()), signal.SIGTERM)

    def tool(self, *words):
        run_well(*words, env=self.environment, cwd=self.folder)

    def make_key(self):
        """A P-256 key at a persistent handle; what it took on the way leaves the TPM's few transient slots."""
        self.tool("tpm2_createprimary", "-C", "o", "-g", "sha256", "-G", "ecc", "-c", "primary.ctx")
        self.tool("tpm2_flushcontext", "-t")
        attributes = "sign|fixedtpm|fixedparent|sensitivedataorigin|userwithauth"
        create = ["tpm2_create", "-C", "primary.ctx", "-G", "ecc256:ecdsa-sha256", "-a", attributes]
        self.tool(*create, "-u", "key.pub", "-r", "key.priv")
        self.tool("tpm2_flushcontext", "-t")
        self.tool("tpm2_load", "-C", "primary.ctx", "-u", "key.pub", "-r", "key.priv", "-c", "key.ctx")
        self.tool("tpm2_evictcontrol", "-C", "o", "-c", "key.ctx", KEY_HANDLE)
        self.tool("tpm2_flushcontext", "-t")
        return f"handle:{KEY_HANDLE}"
