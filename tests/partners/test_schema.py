"""The description matches what is there."""

import json
import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

from core.partners.schema import ANSWER_HEADERS, description
from tests.factories.partners import API, Partner, ask


def routes(resolver, prefix=""):
    for each in resolver.url_patterns:
        path = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from routes(each, path)
        elif isinstance(each, URLPattern):
            yield path


def unmet(document, schema, value):
    """What of `value` the schema, a part of the document, does not allow."""
    validator = Draft202012Validator({**schema, "components": document["components"]})
    return [error.message for error in validator.iter_errors(value)]


def test_description_needs_no_key_and_speaks_english(tenant):
    response = ask("/openapi.json", Accept_Language="zh-CN")

    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")
    assert response.json() == json.loads(json.dumps(description()))
    assert response.json()["openapi"].startswith("3.1")
    assert ask("/openapi.json", method="post").status_code == 405


def test_description_is_made_without_warnings_and_is_valid(db):
    output = StringIO()
    call_command("spectacular", "--format", "openapi-json", "--validate", "--fail-on-warn", stdout=output)

    assert list(json.loads(output.getvalue())["paths"]) == list(description()["paths"])


def test_every_route_is_described():
    served = {
        "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route.replace("<str:pk>", "{id}"))
        for route in routes(get_resolver())
        if route.startswith("api/") and route != "api/v1/docs/"
    }

    assert served == set(description()["paths"])


def operations():
    for path, methods in description()["paths"].items():
        if not path.endswith("openapi.json"):
            for method, operation in methods.items():
                yield f"{method} {path}", operation


def test_every_operation_says_what_it_does_what_it_needs_and_how_it_fails():
    for name, operation in operations():
        assert operation["summary"], name
        assert operation["description"], name
        ((scheme, scopes),) = operation["security"][0].items()
        assert operation["description"].endswith(f"\n\nScope: `{scopes[0]}`."), name
        assert (scheme, len(scopes)) == ("apiKey", 1), name
        expected = {"400", "401", "403", "405", "406", "429", "500", "503", *(["404"] if "{" in name else [])}
        assert expected <= set(operation["responses"]), name
        assert {status[0] for status in operation["responses"]} >= {"2", "4", "5"}, name
        for status, response in operation["responses"].items():
            forms = list(response.get("content", {}))
            if status in {"204", "304", "414", "431"}:
                assert forms == [], name
            else:
                assert forms == ["application/json" if status[0] == "2" else "application/problem+json"], name


def test_operation_ids_are_unique():
    ids = [operation["operationId"] for _name, operation in operations()]

    assert len(ids) == len(set(ids))


def test_every_schema_is_one():
    """check_schema raises where one is none."""
    schemas = description()["components"]["schemas"]
    for schema in schemas.values():
        validator_for(schema, Draft202012Validator).check_schema(schema)

    assert len(schemas) > 20


def test_every_body_and_answer_has_an_example_that_validates():
    document = description()
    for name, operation in operations():
        bodies = {"body": operation["requestBody"]} if "requestBody" in operation else {}
        for status, part in {**operation["responses"], **bodies}.items():
            for content in part.get("content", {}).values():
                (shown,) = content["examples"].values()
                assert unmet(document, content["schema"], shown["value"]) == [], (name, status)


def test_many_rows_are_described_as_json_and_as_lines():
    document = description()
    many = {name: operation["requestBody"] for name, operation in operations() if name.endswith("/bulk")}

    assert len(many) == 4
    for name, body in many.items():
        assert list(body["content"]) == ["application/json", "application/x-ndjson"], name
        assert "`Content-Encoding: gzip`" in body["description"], name
        assert body["required"], name
        row = body["content"]["application/json"]["schema"]["items"]
        lines = body["content"]["application/x-ndjson"]["examples"]["Example"]["value"].splitlines()
        assert [unmet(document, row, json.loads(line)) for line in lines] == [[]], name
    others = [operation["requestBody"] for name, operation in operations() if "requestBody" in operation]
    assert {tuple(body["content"]) for body in others if body not in many.values()} == {("application/json",)}


def test_answers_carry_the_headers_that_are_described(tenant):
    partner = Partner()
    facts = {"company_name": "Acme"}
    made = partner.send("post", "/customers", {"number": "N-1", **facts})
    pk, etag = made.json()["id"], made.headers["ETag"]
    answers = {
        ("post", "/customers"): made,
        ("get", "/customers"): partner.get("/customers"),
        ("get", "/customers/{id}"): partner.get(f"/customers/{pk}", If_None_Match=etag),
        ("patch", "/customers/{id}"): partner.send("patch", f"/customers/{pk}", facts, If_Match=etag),
        ("put", "/customers/by-number/{number}"): partner.send("put", "/customers/by-number/N-2", facts),
        ("post", "/customers/bulk"): partner.send("post", "/customers/bulk", [{"number": "N-3", **facts}]),
        ("post", "/customers/search"): partner.send("post", "/customers/search", {"query": "N-1"}),
    }

    for (method, path), answer in answers.items():
        response = description()["paths"][f"{API}{path}"][method]["responses"][str(answer.status_code)]
        described = {*response.get("headers", {})} - {"Idempotent-Replayed"}
        assert described == {*ANSWER_HEADERS} & {*answer.headers}, (method, path)


def test_a_bad_example_is_found():
    problem = {"$ref": "#/components/schemas/Problem"}

    assert unmet(description(), problem, {"status": "400"}) != []


def test_lists_describe_the_parameters_they_take():
    names = {each["name"] for each in description()["paths"]["/api/v1/shipments"]["get"]["parameters"]}

    assert names == {
        "cursor",
        "fields",
        "filter[accepted_at][gt]",
        "filter[accepted_at][gte]",
        "filter[accepted_at][lt]",
        "filter[accepted_at][lte]",
        "filter[customer_id][eq]",
        "filter[customer_number][eq]",
        "filter[exceptions][contains]",
        "filter[lateness][eq]",
        "filter[promised_at][gt]",
        "filter[promised_at][gte]",
        "filter[promised_at][lt]",
        "filter[promised_at][lte]",
        "filter[waybill_number][eq]",
        "expand",
        "filter[status][eq]",
        "filter[status][in]",
        "filter[status][ne]",
        "filter[waybill_number][in]",
        "filter[waybill_number][ne]",
        "include_total",
        "limit",
        "sort",
    }


@pytest.mark.parametrize("path", ["/customers", "/customers/x"])
def test_problems_match_their_schema(tenant, path):
    assert unmet(description(), {"$ref": "#/components/schemas/Problem"}, ask(path).json()) == []


def test_docs_show_the_description_from_our_own_origin(tenant):
    page, script = ask("/docs/"), ask("/docs/", {"script": ""})

    assert (page.status_code, script.status_code) == (200, 200)
    assert "'unsafe-inline'" not in page.headers["Content-Security-Policy"]
    body = page.content.decode()
    assert "<style" not in body
    assert "style=" not in body
    assert re.findall(r'(?:src|href)="(?!/)', body) == []
    assert re.findall(r"<script(?! src=)", body) == []
    assert script.headers["Content-Type"] == "application/javascript"
    assert "/api/v1/openapi.json" in script.content.decode() or "../openapi.json" in script.content.decode()
