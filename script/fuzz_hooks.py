"""What schemathesis cannot know of the API's bodies: how many rows go out as lines of JSON, gzipped."""

import gzip
import json
from typing import Any

import schemathesis

NDJSON = "application/x-ndjson"


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: dict[str, Any]) -> None:
    """Have the rows made as they are described for a JSON array: of lines the description says no more than text."""
    for methods in raw_schema["paths"].values():
        for operation in methods.values():
            content = operation.get("requestBody", {}).get("content", {})
            if NDJSON in content:
                content[NDJSON] = content["application/json"]


@schemathesis.serializer(NDJSON)
def as_lines(context: Any, value: Any) -> bytes:
    rows = value if isinstance(value, list) else [value]
    return gzip.compress("".join(f"{json.dumps(row)}\n" for row in rows).encode(), mtime=0)


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    if case.media_type == NDJSON:
        case.headers = {**(case.headers or {}), "Content-Encoding": "gzip"}
