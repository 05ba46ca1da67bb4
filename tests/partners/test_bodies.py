"""Whatever stands in a body, the answer is a problem of 4xx and nothing is stored."""

import gzip
import json

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.partners import bodies
from core.partners.problems import Refused
from customers.models import Customer
from tests.factories.customers import make_customer
from tests.factories.partners import Partner

GOOD = {"number": "N-1", "company_name": "Acme"}


@pytest.fixture
def partner(tenant):
    return Partner()


def refused(response):
    assert response.headers["Content-Type"] == "application/problem+json"
    assert Customer.objects.count() == 0
    problem = response.json()
    return response.status_code, problem["code"], [error["pointer"] for error in problem["errors"]]


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        (b"{", "malformed_json", "#"),
        (b"nonsense", "malformed_json", "#"),
        (b"\xef\xbb\xbf{}", "malformed_json", "#"),
        (b'{"number": NaN}', "malformed_json", "#"),
        (b'{"number": -Infinity}', "malformed_json", "#"),
        (b'{"number": "N-1"} {}', "malformed_json", "#"),
        (b'{"number": "\xff"}', "not_utf8", "#"),
        (b'{"number": "a\\u0000b"}', "nul_character", "#/number"),
        (b'{"tags": ["x", "\\ud800"]}', "lone_surrogate", "#/tags/1"),
        (b'{"\\ud800": 1}', "lone_surrogate", "#"),
        (b'{"number": "A", "number": "B"}', "name_twice", "#"),
        (b'{"number": %s}' % (b"9" * 400), "number_too_long", "#"),
        (b'{"number": 0.%s}' % (b"9" * 400), "number_too_long", "#"),
        (b'{"number": 1e999999}', "number_too_long", "#"),
        (b'{"tags": ' + b"[" * 1000 + b"]" * 1000 + b"}", "too_deep", "#"),
        (b"[" * 100_000, "too_deep", "#"),
        (b'{"a":' * 100_000, "too_deep", "#"),
        (b'{"tags": ' + b"[" * 30 + b"]" * 30 + b"}", "too_deep", "#"),
    ],
)
def test_body_that_is_no_json_of_ours(partner, body, code, pointer):
    assert refused(partner.send("post", "/customers", body)) == (400, code, [pointer])


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"12", b"true", b"null"])
def test_body_that_is_no_object(partner, body):
    assert refused(partner.send("post", "/customers", body)) == (400, "invalid_body", ["#"])


def test_empty_body_lacks_its_fields(partner):
    assert refused(partner.send("post", "/customers", b"")) == (400, "company_name_missing", ["#/company_name"])


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"number": 12}, "#/number"),
        ({"number": None}, "#/number"),
        ({"number": ["N"]}, "#/number"),
        ({"number": {"a": "b"}}, "#/number"),
        ({"number": " "}, "#/number"),
        ({"number": "N" * 41}, "#/number"),
        ({"number": "a\u200bb"}, "#/number"),
        ({"kind": "giant"}, "#/kind"),
        ({"kind": True}, "#/kind"),
        ({"tags": "fragile"}, "#/tags"),
        ({"tags": [1]}, "#/tags/0"),
        ({"tags": ["x"] * 21}, "#/tags"),
        ({"birthday": "2999-01-01"}, "#/birthday"),
        ({"birthday": "soon"}, "#/birthday"),
        ({"birthday": 5}, "#/birthday"),
        ({"account_manager_id": 5}, "#/account_manager_id"),
        ({"account_manager_id": "x"}, "#/account_manager_id"),
        ({"account_manager_id": "01a20b58-50a6-76ce-a6cb-5f519fa8d44d"}, "#/account_manager_id"),
        ({"company_name": ""}, "#/company_name"),
        ({"kind": "individual"}, "#/person_name"),
        ({"a/b~c": 1}, "#/a~1b~0c"),
    ],
)
def test_field_that_is_not_taken_is_pointed_at(partner, change, pointer):
    status, _code, pointers = refused(partner.send("post", "/customers", {**GOOD, **change}))

    assert (status, pointers) == (400, [pointer])


@pytest.mark.parametrize(
    "name",
    [
        "id",
        "tenant",
        "tenant_id",
        "tier",
        "stage",
        "contribution",
        "shipment_count",
        "version",
        "created_at",
        "erased_at",
        "balance",
    ],
)
@pytest.mark.parametrize("method", ["post", "patch", "put"])
def test_what_is_not_the_partners_to_set_is_refused_by_name(partner, now, method, name):
    customer = make_customer(at=now, number="N-0")
    before = Customer.objects.values().get()
    path = {"post": "", "patch": f"/{customer.pk}", "put": "/by-number/N-0"}[method]
    body = {"company_name": "Other", name: "x", **({"number": "N-9"} if method == "post" else {})}

    answer = partner.send(method, f"/customers{path}", body, If_Match="*")

    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"#/{name}"]
    assert Customer.objects.values().get() == before


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "application/xml"}, 415),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "application/json; charset=gbk"}, 415),
        ({"Content-Type": "nonsense"}, 415),
        ({"Content-Encoding": "gzip"}, 415),
        ({"Content-Encoding": "br"}, 415),
    ],
)
def test_form_that_is_not_read(partner, headers, status):
    body = gzip.compress(b" " * 10_000_000) if "Content-Encoding" in headers else json.dumps(GOOD).encode()

    assert refused(partner.send("post", "/customers", body, **headers))[0] == status


def test_charset_of_utf8_is_taken(partner):
    answer = partner.send("post", "/customers", GOOD, **{"Content-Type": 'application/json; charset="UTF-8"'})

    assert answer.status_code == 201


def test_body_of_more_than_10_mib(partner):
    body = json.dumps({**GOOD, "company_name": "x" * (10 * 1024 * 1024)}).encode()

    assert refused(partner.send("post", "/customers", body)) == (413, "body_too_large", [])


def test_body_of_unknown_length():
    request = RequestFactory().post("/", b"", content_type="application/json", headers={"Transfer-Encoding": "chunked"})
    request.META.pop("CONTENT_LENGTH", None)

    with pytest.raises(Refused) as refusal:
        bodies.read(WSGIRequest(request.META))

    assert refusal.value.status == 411


@pytest.mark.parametrize("value", [[1], {"a": 1}, ["\\u0041"], [[]], ["x"], {"tags": "x"}])
def test_body_of_more_values_than_there_is_room_for_is_not_looked_into(partner, value):
    text = json.dumps(value)
    body = text[0] + ",".join([text[1:-1]] * 20_002) + text[-1]

    assert refused(partner.send("post", "/customers", body.encode())) == (400, "too_many_values", ["#"])


def test_of_all_that_is_wrong_fifty_things_are_named(partner):
    unknown = {f"x{number}": 1 for number in range(10_000)}

    answer = partner.send("post", "/customers", {**GOOD, **unknown})
    tags = partner.send("post", "/customers", {**GOOD, "tags": [1] * 10_000})

    assert [error["pointer"] for error in answer.json()["errors"]] == [f"#/x{number}" for number in range(50)]
    assert [error["code"] for error in tags.json()["errors"]] == ["max_length"]


def test_text_full_of_commas_is_taken(partner, now):
    customer = make_customer(at=now, number="N-0")

    answer = partner.send("post", f"/customers/{customer.pk}/interactions", {"kind": "note", "text": "," * 5000})

    assert answer.status_code == 201


@pytest.mark.parametrize("escape", ["\\u4e2d", "\\u00e9", "\\ud83d\\ude00", "\\\\u0000"])
def test_text_in_escapes_is_taken(partner, escape):
    answer = partner.send("post", "/customers", b'{"number": "N-1", "company_name": "%s"}' % escape.encode())

    assert answer.json()["company_name"] == json.loads(f'"{escape}"')


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text() | st.text(st.characters()),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=8), below, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=VALUES | st.binary(max_size=60))
def test_no_value_breaks_anything(partner, value):
    body = value if isinstance(value, bytes) else json.dumps(value).encode()

    assert partner.send("post", "/customers", body).status_code == 400
    assert partner.send("post", "/customers/search", body).status_code == 400
    assert partner.send("put", "/customers/by-number/N-1", body).status_code == 400
