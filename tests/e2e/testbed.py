"""A testbed: a fleet's server, a proxy in front of it that counts and cuts, and one device behind that."""

import threading

from proxy import Proxy


class Testbed:
    """`slots` are the device's two, as Device takes them."""

    def __init__(self, fleet, image, *server_options, slots=None):
        self.server = fleet.start_server(*server_options)
        self.proxy = Proxy(self.server.address)
        self.device = fleet.device("device-1", image, self.proxy.port, slots)

    def close(self):
        self.proxy.close()

    def kill_in_download(self, bytes_down):
        """Kills the agent (SIGKILL) as soon as so many more bytes came down; gives its exit code."""
        reached = self.proxy.when_down(bytes_down)
        agent = self.device.start("once")
        ended = threading.Thread(target=lambda: (agent.wait(), reached.set()))
        ended.start()
        reached.wait()
        agent.kill()
        ended.join()
        return agent.returncode
