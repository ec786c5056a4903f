"""HAProxy in front of several servers: it passes TCP on, so that TLS stays between devices and servers."""

import socket
import subprocess
import time

from programs import TIMEOUT

CONFIGURATION = """
global
  maxconn 4096
defaults
  mode tcp
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  option redispatch
listen devices
  bind fd@{socket}
  balance roundrobin
  option httpchk
  http-check send meth GET uri /healthz ver HTTP/1.1 hdr Host localhost
  default-server check check-ssl verify none inter 200ms fall 1 rise 1
{servers}
"""


class Balancer:
    """Listens on 127.0.0.1:port; a server that does not answer /healthz gets no new connections."""

    def __init__(self, folder, addresses):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
            servers = [f"  server node{i} {host}:{port}" for i, (host, port) in enumerate(addresses)]
            configuration = folder / "haproxy.cfg"
            configuration.write_text(CONFIGURATION.format(socket=listener.fileno(), servers="\n".join(servers)))
            with (folder / "haproxy.out").open("w") as out:
                command = ["/usr/sbin/haproxy", "-db", "-f", configuration]
                self._process = subprocess.Popen(command, stdout=out, stderr=out, pass_fds=[listener.fileno()])
        self._wait_until_it_takes_connections()

    def _wait_until_it_takes_connections(self):
        until = time.monotonic() + TIMEOUT
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.01)
        raise AssertionError("HAProxy never took a connection")

    def close(self):
        self._process.terminate()
        self._process.wait(TIMEOUT)
