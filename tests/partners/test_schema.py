"""The description matches what is there."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

from core.partners.schema import description
from tests.factories.partners import ask


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
    served = {"/" + route.replace("<str:pk>", "{id}") for route in routes(get_resolver()) if route.startswith("api/")}

    assert served == set(description()["paths"])


def test_every_operation_says_what_it_does_what_it_needs_and_how_it_fails():
    for path, operations in description()["paths"].items():
        (operation,) = operations.values()
        assert operation["summary"], path
        if path.endswith("openapi.json"):
            continue
        ((scheme, scopes),) = operation["security"][0].items()
        assert (scheme, len(scopes)) == ("apiKey", 1), path
        expected = {"200", "400", "401", "403", "405", "406", "500", "503", *(["404"] if "{id}" in path else [])}
        assert set(operation["responses"]) == expected, path
        for status, response in operation["responses"].items():
            form = "application/json" if status == "200" else "application/problem+json"
            assert list(response["content"]) == [form], path


def test_every_schema_is_one():
    document = description()
    for schema in document["components"]["schemas"].values():
        validator_for(schema, Draft202012Validator).check_schema(schema)


def test_every_answer_has_an_example_that_validates():
    document = description()
    for path, operations in document["paths"].items():
        if path.endswith("openapi.json"):
            continue
        for status, response in operations["get"]["responses"].items():
            (content,) = response["content"].values()
            (shown,) = content["examples"].values()
            assert unmet(document, content["schema"], shown["value"]) == [], (path, status)


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
        "filter[waybill_number][eq]",
        "filter[waybill_number][in]",
        "include_total",
        "limit",
        "sort",
    }


@pytest.mark.parametrize("path", ["/customers", "/customers/x"])
def test_problems_match_their_schema(tenant, path):
    assert unmet(description(), {"$ref": "#/components/schemas/Problem"}, ask(path).json()) == []
