"""Partners for tests: a key, and requests with it as they come in from outside, with no scope open."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client
from jsonschema import Draft202012Validator

from core.partners import scopes
from core.partners.models import ApiKey
from core.partners.schema import description
from core.partners.services import create_api_key
from core.tenancy.scope import current_tenant
from tests.factories.accounts import outside

API = "/api/v1"


class Partner:
    """Somebody who holds a key of the active tenant: with every scope but the one for personal data, unless told."""

    def __init__(self, *, name: str = "Partner", allowed: list[str] | None = None, **facts: Any) -> None:
        at = datetime.now(UTC) - timedelta(hours=1)
        if allowed is None:
            allowed = [each for each in scopes.declared() if each != scopes.PERSONAL]
        self.key: ApiKey
        self.key, text = create_api_key(name=name, scopes=allowed, expires_at=None, by=None, at=at, **facts)
        self.text = text.reveal()
        self.headers = {"Authorization": f"Bearer {self.text}"}

    def get(self, path: str, params: dict[str, Any] | None = None, **headers: str) -> HttpResponse:
        """Ask for an address below /api/v1."""
        return ask(path, params, **{**self.headers, **headers})

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """Send a body, as JSON unless it is bytes already, to an address below /api/v1."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return ask(
            path,
            content,
            method=method,
            **{"Content-Type": "application/json", **self.headers, **headers},
        )


def ask(
    path: str, params: dict[str, Any] | bytes | None = None, *, method: str = "get", **headers: str
) -> HttpResponse:
    """Ask for an address below /api/v1 as a stranger, or with the given headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    form = {"content_type": named.pop("Content-Type")} if "Content-Type" in named else {}
    with outside(current_tenant()):
        return getattr(Client(raise_request_exception=False), method)(f"{API}{path}", params, headers=named, **form)


def check_described(path: str, answer: Any, *, method: str = "get", status: int = 200) -> None:
    """Validate an answer against the description of `path`, such as /customers/{id}."""
    document = description()
    response = document["paths"][f"{API}{path}"][method]["responses"][str(status)]
    schema = {**response["content"]["application/json"]["schema"], "components": document["components"]}
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(answer)
