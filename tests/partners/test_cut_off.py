"""A connection that is cut at any point of a POST: sent again with its key, there is one effect and one answer."""

import json
import socket
import time
from http.client import HTTPResponse
from urllib.parse import urlsplit

import pytest

from core.jobs.models import BackgroundJob
from core.partners.models import KeptAnswer
from core.tenancy.scope import tenant_scope
from customers.models import Customer
from tests.factories.accounts import make_tenant
from tests.factories.partners import API, Partner

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
PATIENCE_SECONDS = 30
# How many bytes of the answer are read before the line is cut: none, some of its head, some of its body.
ANSWER_CUTS = (0, 1, 12, 200, 900)


class Line:
    """A partner's POST over a socket of its own, whole or cut off."""

    def __init__(self, url, text, path, body, media_type):
        self.place = (urlsplit(url).hostname, urlsplit(url).port)
        self.head = [
            *(f"POST {API}{path} HTTP/1.1", f"Host: {self.place[0]}", f"Authorization: Bearer {text}"),
            *(f"Content-Type: {media_type}", f"Content-Length: {len(body)}", "Connection: close"),
        ]
        self.body = body

    def request(self, key):
        return "\r\n".join([*self.head, f"Idempotency-Key: {key}", "", ""]).encode() + self.body

    def cut_after(self, key, sent):
        """Send so many bytes and go."""
        with socket.create_connection(self.place, timeout=PATIENCE_SECONDS) as line:
            line.sendall(self.request(key)[:sent])

    def cut_answer_after(self, key, read):
        """Send everything, read so many bytes of the answer and go."""
        with socket.create_connection(self.place, timeout=PATIENCE_SECONDS) as line:
            line.sendall(self.request(key))
            while read > 0 and (got := line.recv(read)):
                read -= len(got)

    def ask(self, key):
        """Send it again until nobody is at work on it; return status, headers and body."""
        last = time.monotonic() + PATIENCE_SECONDS
        while True:
            with socket.create_connection(self.place, timeout=PATIENCE_SECONDS) as line:
                line.sendall(self.request(key))
                answer = HTTPResponse(line)
                answer.begin()
                found = answer.status, answer.headers, answer.read()
            if found[0] != 409 or time.monotonic() > last:
                return found
            time.sleep(0.05)


CUSTOMER = json.dumps({"number": "N-1", "company_name": "Acme"}).encode()
ROWS = b'{"number": "N-1", "company_name": "Acme"}\n{"number": "N-2", "company_name": "Best"}\n'


@pytest.fixture
def line(live_server, now):
    """Return what makes a line of a partner of a tenant."""
    swift = make_tenant(slug="swift", at=now)
    with tenant_scope(swift):
        text = Partner().text

    def made(path, body, media_type="application/json"):
        return swift, Line(live_server.url, text, path, body, media_type)

    return made


MADE = {"/customers": (201, Customer), "/customers/bulk": (202, BackgroundJob)}


@pytest.mark.parametrize(
    ("path", "body", "media_type"),
    [("/customers", CUSTOMER, "application/json"), ("/customers/bulk", ROWS, "application/x-ndjson")],
)
def test_request_cut_at_every_byte_does_nothing_and_leaves_the_key_free(line, path, body, media_type):
    tenant, post = line(path, body, media_type)
    status, model = MADE[path]

    for sent in range(len(post.request("key-1"))):
        post.cut_after("key-1", sent)
    answered, _headers, content = post.ask("key-1")
    again, headers, replayed = post.ask("key-1")

    assert (answered, again, replayed) == (status, status, content)
    assert headers["Idempotent-Replayed"] == "true"
    with tenant_scope(tenant):
        assert (model.objects.count(), KeptAnswer.objects.count()) == (1, 1)


def test_answer_cut_anywhere_is_given_again(line):
    tenant, post = line("/customers/bulk?wait=true", CUSTOMER.join([b"[", b"]"]))
    first = json.loads(post.ask("key-0")[2])

    for read in ANSWER_CUTS:
        key = f"key-{read + 1}"
        post.cut_answer_after(key, read)
        status, _headers, content = post.ask(key)
        assert (status, post.ask(key)[2]) == (200, content)
        assert json.loads(content)["counts"]["unchanged"] == 1

    assert first["counts"]["created"] == 1
    with tenant_scope(tenant):
        assert Customer.objects.count() == 1
        assert BackgroundJob.objects.count() == KeptAnswer.objects.count() == len(ANSWER_CUTS) + 1


def test_body_that_is_too_long_is_refused_while_it_is_sent(line):
    """The answer reaches also whoever reads it only when all is sent."""
    _swift, post = line("/customers", b" " * (10 * 1024 * 1024 + 1))

    status, _headers, content = post.ask("key-1")

    assert (status, json.loads(content)["code"]) == (413, "body_too_large")


def test_body_that_is_longer_by_far_is_not_waited_for(line):
    _swift, post = line("/customers", b"")
    post.head = [each.replace("Content-Length: 0", f"Content-Length: {10**9}") for each in post.head]

    assert post.ask("key-1")[0] == 413
