"""The committed description is today's, and does not change so that programs break."""

import copy
import json
import subprocess
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from core.partners.compatibility import breaks
from core.partners.management.commands import describe_api
from core.partners.schema import description

COMMITTED = Path(settings.BASE_DIR) / "docs" / "openapi.json"
PATHS = ("paths", "/api/v1/customers")
SCHEMAS = ("components", "schemas")
BULK = "/api/v1/customers/bulk"


def at(document, *steps):
    for step in steps:
        document = document[step]
    return document


def test_committed_description_is_todays():
    committed = json.loads(COMMITTED.read_text(encoding="utf-8"))

    assert breaks(committed, description()) == []
    assert committed == json.loads(json.dumps(description())), "Run manage.py describe_api."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda new: new["paths"].pop("/api/v1/tiers"), "GET /api/v1/tiers is gone"),
        (lambda new: at(new, *PATHS).pop("post"), "POST /api/v1/customers is gone"),
        (
            lambda new: at(new, *PATHS, "get", "parameters").pop(),
            "GET /api/v1/customers takes query sort no longer",
        ),
        (
            lambda new: at(new, *PATHS, "get", "parameters").append(
                {"in": "query", "name": "why", "required": True, "schema": {"type": "string"}}
            ),
            "GET /api/v1/customers now needs query why",
        ),
        (lambda new: at(new, *PATHS, "get").update(operationId="x"), "GET /api/v1/customers is called x"),
        (lambda new: at(new, *PATHS, "post", "responses").pop("409"), "POST /api/v1/customers answers 409 no longer"),
        (
            lambda new: at(new, "paths", BULK, "post", "requestBody", "content").pop("application/x-ndjson"),
            f"POST {BULK} reads application/x-ndjson no longer",
        ),
        (lambda new: at(new, *SCHEMAS).pop("ScanEvent"), "ScanEvent is gone"),
        (lambda new: at(new, *SCHEMAS, "Customer", "properties").pop("industry"), "Customer.industry is gone"),
        (lambda new: at(new, *SCHEMAS, "Problem", "required").remove("code"), "Problem may lack code"),
        (
            lambda new: at(new, *SCHEMAS, "ContactInput", "required").append("position"),
            "ContactInput now needs position",
        ),
        (lambda new: at(new, *SCHEMAS, "Tier", "enum").remove("mid"), "Tier knows 'mid' no longer"),
        (
            lambda new: at(new, *SCHEMAS, "Customer", "properties", "version").update(type="string"),
            "Customer.version: type is 'string', was 'integer'",
        ),
        (
            lambda new: at(new, *SCHEMAS, "CustomerInput", "properties", "number").update(maxLength=20),
            "CustomerInput.number: maxLength is 20",
        ),
    ],
)
def test_change_that_breaks_programs_is_found(change, words):
    old = json.loads(json.dumps(description()))
    new = copy.deepcopy(old)
    change(new)

    assert words in breaks(old, new)


def test_addition_breaks_nothing():
    old = json.loads(json.dumps(description()))
    new = copy.deepcopy(old)
    at(new, *SCHEMAS, "Customer", "properties")["mood"] = {"type": "string"}
    at(new, *SCHEMAS, "Tier", "enum").append("new")
    at(new, *PATHS, "get", "parameters").append({"in": "query", "name": "why", "schema": {"type": "string"}})
    new["paths"]["/api/v1/moods"] = {}

    assert breaks(old, new) == []


def test_command_refuses_to_break_programs_unless_told(tmp_path, settings, monkeypatch):
    settings.BASE_DIR = tmp_path
    (tmp_path / "docs").mkdir()
    place = tmp_path / "docs" / "openapi.json"
    call_command("describe_api")
    written = place.read_text()
    changed = json.loads(written)
    changed["paths"].pop("/api/v1/tiers")
    monkeypatch.setattr(describe_api, "description", lambda: changed)

    with pytest.raises(CommandError, match="GET /api/v1/tiers is gone"):
        call_command("describe_api")
    assert place.read_text() == written
    call_command("describe_api", "--break")

    assert json.loads(place.read_text()) == changed


def git(folder, *arguments):
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@b.example", *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def test_command_compares_with_a_revision_whatever_the_working_tree_says(tmp_path, settings):
    """So that a description that was written anew with --break does not hide what it breaks."""
    settings.BASE_DIR = tmp_path
    place = tmp_path / "docs" / "openapi.json"
    place.parent.mkdir()
    old = json.loads(json.dumps(description()))
    old["paths"]["/api/v1/gone"] = {"get": old["paths"]["/api/v1/tiers"]["get"]}
    place.write_text(json.dumps(old))
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "First")
    call_command("describe_api", "--break")
    written = place.read_text()

    with pytest.raises(CommandError, match="GET /api/v1/gone is gone"):
        call_command("describe_api", "--against", "HEAD")
    output = StringIO()
    call_command("describe_api", "--against", "HEAD^", stdout=output)

    assert place.read_text() == written
    assert output.getvalue() == "There is no description in HEAD^ to compare with.\n"
