"""Updates over a link that lies, in one named way each: the error has a name, nothing that was not signed is booted, and the
update goes on to its end when the link is honest again, within bounds for bytes and memory."""

import threading
import unittest
from concurrent.futures import ThreadPoolExecutor

import images
import liar
from case import FleetCase
from liar import answers, breaks_off, changes_body, falls_silent, head, never_ends, sends

BASE_BLOCKS, NEW_BLOCKS = 64, 48
AT_ONCE = 8
MAX_RUNS = 8
MAX_MEMORY = 32 << 20  # with assertions
BUFFERS = 1 << 20  # what a connection holds that was sent and never read
TARGET, CHECK_IN, METADATA = "/v1/targets/", "/v1/check-in", "/v1/metadata/"
HALF = breaks_off(0.5)
PLAIN = head("200 OK", {"Content-Length": 2}) + b"{}"

# Name, path, the lies that answer the next requests for it, and what the agent says of them.
LIES = [
    ("closes instead of an answer", TARGET, [liar.closes], ""),
    ("closes five times", TARGET, [liar.closes] * 5, "link_lost"),
    ("resets instead of an answer", TARGET, [liar.resets], ""),
    ("closes in the head", TARGET, [liar.breaks_head], "link_lost"),
    ("closes in the middle", TARGET, [HALF], "link_lost"),
    ("resets in the middle", TARGET, [breaks_off(0.5, by_reset=True)], "link_lost"),
    ("closes ten times", TARGET, [breaks_off(0.1)] * 10, "link_lost"),
    ("is silent instead of an answer", TARGET, [falls_silent(None)], "too slow"),
    ("is silent after the head", TARGET, [falls_silent(0)], "too slow"),
    ("is silent in the middle", TARGET, [falls_silent(0.5)], "too slow"),
    ("sends one byte a second", TARGET, [liar.drips], "too slow"),
    ("200 for 206", TARGET, [HALF, answers("200 OK", "whole", Content_Range=None)], "link_lost"),
    ("200 for 206 with another length", TARGET, [HALF, answers("200 OK", b"other", Content_Range=None)], "its length is another"),
    ("200 for 206 without a length", TARGET, [HALF, answers("200 OK", "whole", Content_Range=None, Content_Length=None)],
     "no Content-Length"),
    ("a range from elsewhere", TARGET, [HALF, answers(Content_Range=lambda a: f"bytes 0-{len(a.body) - 1}/{len(a.whole)}")],
     "a part that begins elsewhere"),
    ("a range of another total", TARGET, [HALF, answers(Content_Range="bytes 0-9/10")], "its length is another"),
    ("a range of unknown total", TARGET, [HALF, answers(Content_Range="bytes 0-9/*")], "Content-Range bytes 0-9/*"),
    ("a range past its total", TARGET, [HALF, answers(Content_Range="bytes 5-10/10")], "Content-Range bytes 5-10/10"),
    ("a part without range", TARGET, [HALF, answers(Content_Range=None)], "a part without Content-Range"),
    ("another ETag", TARGET, [HALF, answers(ETag='"other"')], "its ETag is another"),
    ("a weak ETag", TARGET, [answers(ETag='W/"weak"')], "its ETag is another"),
    ("no ETag", TARGET, [HALF, answers(ETag=None)], "link_lost"),
    ("206 without a body", TARGET, [HALF, answers(body=b"")], "link_lost"),
    ("416", TARGET, [HALF, answers("416 Range Not Satisfiable", b"")], "it is shorter than it should be"),
    ("404", TARGET, [answers("404 Not Found", b"{}")], "not found"),
    ("410", TARGET, [answers("410 Gone", b"{}")], "not found"),
    ("403", TARGET, [answers("403 Forbidden", b"{}")], "status 403"),
    ("500", TARGET, [answers("500 Internal Server Error", b"{}")], "status 500"),
    ("503 and a time", TARGET, [answers("503 Busy", b"{}", Retry_After=1)], "status 503"),
    ("429 and a time", TARGET, [answers("429 Too Many Requests", b"{}", Retry_After=1)], "status 429"),
    ("redirect to plain HTTP", TARGET, [answers("302 Found", b"", Location="http://localhost:1/")], "status 302"),
    ("redirect to itself", TARGET, [answers("307 Temporary Redirect", b"", Location="/v1/targets/x")], "status 307"),
    ("an endless body", TARGET, [never_ends(lambda a: head("200 OK", {}), bytes(65536), counts=True)], "no Content-Length"),
    ("an endless chunked body", TARGET,
     [never_ends(lambda a: head("200 OK", {"Transfer-Encoding": "chunked"}), b"4000\r\n" + bytes(16384) + b"\r\n")], "link_lost"),
    ("an endless head", TARGET, [never_ends(lambda a: b"HTTP/1.1 200 OK\r\n", b"X: " + b"x" * 1000 + b"\r\n")], "link_lost"),
    ("one line without end", TARGET, [never_ends(lambda a: b"HTTP/1.1 200 OK\r\nX: ", b"x" * 65536)], "link_lost"),
    ("endless interim answers", TARGET, [never_ends(lambda a: b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100)], "link_lost"),
    ("gzip", TARGET, [answers(Content_Encoding="gzip")], "link_lost"),
    ("two lengths", TARGET, [sends(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}")], "link_lost"),
    ("a negative length", TARGET, [answers(Content_Length=-1)], "link_lost"),
    ("no HTTP", TARGET, [sends(b"hello\r\n\r\n")], "link_lost"),
    ("a changed byte", TARGET, [changes_body(lambda body: body[:-9] + bytes([body[-9] ^ 1]) + body[-8:])], "segment_restart"),
    ("zeros", TARGET, [changes_body(lambda body: bytes(len(body)))], ""),
    ("500 at the check-in", CHECK_IN, [answers("500 Internal Server Error", b"{}")], "check_in_failed"),
    ("no JSON at the check-in", CHECK_IN, [answers(body=b"<html>")], "check_in_failed"),
    ("an endless check-in", CHECK_IN, [never_ends(lambda a: head("200 OK", {}), bytes(65536))], "check_in_failed"),
    ("a redirect at the check-in", CHECK_IN, [answers("302 Found", b"", Location="http://localhost:1/")], "check_in_failed"),
    ("silence at the check-in", CHECK_IN, [falls_silent(None)], "check_in_failed"),
    ("endless metadata", METADATA, [never_ends(lambda a: head("200 OK", {}), bytes(65536))], "refused"),
    ("metadata of zeros", METADATA + "timestamp", [changes_body(lambda body: bytes(len(body)))], "refused"),
]


class LinkTest(FleetCase):
    @classmethod
    def make_images(cls):
        base = images.image(30, BASE_BLOCKS)
        return base, images.revised(base, 31, NEW_BLOCKS)

    def update(self, number, prefix, lies):
        """A device of its own updates over the lying link; gives its log, how it ended, and what the link counted."""
        with self.making:
            device = self.fleet.device(f"device-l{number}", self.one, self.proxy.port)
        link = liar.LyingLink(self.fleet, self.server, device)
        device.link(link.port)
        device.configure(stall_timeout=2)
        link.lie(prefix, lies)
        runs = 0
        while device.once() != device.REBOOT and runs < MAX_RUNS:
            runs += 1
        armed = device.holds("B", self.two) and device.boot() == "B"
        ended = armed and device.once() == device.OK
        link.close()
        reports = [report for report in self.server.reports() if report["serial"] == f"device-l{number}"]
        return device.log(), ended, reports, link

    def check(self, number, name, prefix, lies, word):
        log, ended, reports, link = self.update(number, prefix, lies)
        said = log + "".join(report["reason"] for report in reports)
        problems = []
        if not ended or reports[-1]["outcome"] != "committed":
            problems.append("the update is not over")
        if word not in said:
            problems.append(f"nothing is said of '{word}'")
        paid = sum(report["payload_bytes"] for report in reports)
        if not paid <= link.body_bytes <= paid + BUFFERS:
            problems.append(f"the link brought {link.body_bytes} bytes, the reports say {paid}")
        if reports and max(report["peak_memory"] for report in reports) > MAX_MEMORY:
            problems.append(f"it took {max(report['peak_memory'] for report in reports)} bytes of memory")
        length = self.delta.stat().st_size
        if paid > 3 * length:
            problems.append(f"{paid} bytes for a delta of {length}")
        return [f"{name}: {problem}\n{said}" for problem in problems]

    def test_no_lie_is_believed_and_none_is_the_end(self):
        self.making = threading.Lock()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            checks = [pool.submit(self.check, number, *lie) for number, lie in enumerate(LIES)]
            problems = sum((check.result() for check in checks), [])
        self.assertGreaterEqual(len(LIES), 40)
        self.assertEqual(problems, [], "\n".join(problems))


if __name__ == "__main__":
    unittest.main()
