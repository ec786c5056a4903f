"""Debian's nginx with the same certificates and files as a skiff-server, one worker as that has one thread for the network."""

import os
import socket
import subprocess
import time
from pathlib import Path

CONFIGURATION = """
{user}
daemon off;
worker_processes 1;
worker_rlimit_nofile 65536;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 16384; }}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  sendfile on;
  tcp_nodelay on;
  keepalive_requests 1000000000;
  server {{
    listen 127.0.0.1:{port} ssl backlog=4096;
    ssl_certificate {ca}/server.pem;
    ssl_certificate_key {ca}/server.key;
    ssl_client_certificate {ca}/device-ca.pem;
    ssl_verify_client on;
    ssl_protocols TLSv1.2 TLSv1.3;
    location /v1/targets/ {{ alias {targets}/; }}
  }}
}}
"""


class Nginx:
    """Serves a repository's targets at self.address by the process self.process_id until close()."""

    def __init__(self, folder, authority, targets):
        folder.mkdir()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = free.getsockname()
        user = "user root;" if os.geteuid() == 0 else ""
        configuration = folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(user=user, folder=folder, port=self.address[1], ca=authority, targets=targets))
        self._process = subprocess.Popen(["/usr/sbin/nginx", "-p", folder, "-c", configuration])
        until = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(self.address).close()
                children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
                self.process_id = int(children[0])  # of the worker
                return
            except (ConnectionRefusedError, IndexError):
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)

    def close(self):
        self._process.terminate()
        self._process.wait(10)
