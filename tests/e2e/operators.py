"""The operators' port of a server, as programs ask it, and users with tokens."""

import http.client
import json
import re
import ssl

from programs import TIMEOUT, run_well


class Operators:
    def __init__(self, fleet, server, port=None):
        self.fleet = fleet
        self.state = server.database.parent
        self.ca = fleet.ca / "server-ca.pem"
        self.port = port or int(re.search(r"\boperator-port=(\d+)", server.logged("started")[-1]).group(1))

    def token(self, user, role, *words):
        """A token of a new user with this role."""
        for verb in (("add", user), ("grant", user, role, *words)):
            run_well(self.fleet.programs.server, "user", *verb, "--state", self.state)
        return run_well(self.fleet.programs.server, "user", "token", user, "--state", self.state).strip()

    def send(self, token, method, path, body=None):
        """The status and the JSON of the answer."""
        context = ssl.create_default_context(cafile=self.ca)
        connection = http.client.HTTPSConnection("localhost", self.port, context=context, timeout=TIMEOUT)
        connection.request(method, path, body, {"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        found = answer.status, json.loads(answer.read())
        connection.close()
        return found

    def text(self, token, path):
        """An answer that is no JSON."""
        context = ssl.create_default_context(cafile=self.ca)
        connection = http.client.HTTPSConnection("localhost", self.port, context=context, timeout=TIMEOUT)
        connection.request("GET", path, None, {"Authorization": f"Bearer {token}"})
        text = connection.getresponse().read().decode()
        connection.close()
        return text

    def get(self, token, path):
        return self.send(token, "GET", path)

    def post(self, token, path, **body):
        return self.send(token, "POST", path, json.dumps({"v": 1, **body}))
