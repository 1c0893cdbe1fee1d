"""The API described: OpenAPI for programs, a plain page for people, both from the table of operations."""

import re
from functools import lru_cache
from typing import Any

from fastapi.responses import JSONResponse, Response
from pydantic import TypeAdapter

from cee_mailbot import __version__
from cee_mailbot.web.api.answering import KEY_HEADER, PROBLEMS
from cee_mailbot.web.api.operation import Operation
from cee_mailbot.web.api.operations import OPERATIONS
from cee_mailbot.web.asking import Asked
from cee_mailbot.web.security import PROBLEM_JSON
from cee_mailbot.web.showing import show

_REFERENCE = "#/components/schemas/{model}"
_NAMED = re.compile(r"\{([a-z]+)\}")
_NUMBERS = frozenset({"message", "reply", "number", "closure", "job"})
_OCTETS = "application/octet-stream"
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}


def openapi(_asked: Asked) -> Response:
    """The description for programs (OpenAPI 3.1)."""
    return JSONResponse(description())


def api_docs(asked: Asked) -> Response:
    """The same for people."""
    told = {(kind, status): title for _, kind, status, title in PROBLEMS}
    problems = [(kind, status, title) for (kind, status), title in told.items()]
    fields = {one.address + one.method: _fields(one) for one in OPERATIONS}
    return show(asked, "api.html", operations=OPERATIONS, fields=fields, problems=problems)


def _fields(operation: Operation) -> list[tuple[str, str, bool]]:
    """What an operation takes beside its path: name, type in words, and whether it must be given."""
    model = operation.body or operation.query
    if model is None:
        return []
    schema = model.model_json_schema()
    needed = schema.get("required", [])
    return [(name, _type_in_words(one), name in needed) for name, one in schema.get("properties", {}).items()]


def _type_in_words(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type_in_words(one) for one in schema["anyOf"])
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2].lower()
    return str(schema.get("format") or schema.get("type") or "value")


@lru_cache(maxsize=1)
def description() -> dict[str, Any]:
    """The whole description."""
    schemas: dict[str, Any] = {"Problem": PROBLEM}
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.address, {})[operation.method.lower()] = _described(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "cee_mailbot", "version": __version__, "description": "The work queue, for programs."},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _described(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": f"{operation.method} {operation.path}",
        "summary": operation.says,
        "description": f"Role {operation.needs}, scope {operation.scope}.",
        "parameters": [*_path_parameters(operation), *_query_parameters(operation, schemas), *_headers(operation)],
        "responses": {"200": _answer(operation, schemas), **_problems()},
    }
    if operation.body is not None:
        schema = _schema(operation.body, schemas, "validation")
        needed = bool(operation.body.model_json_schema().get("required"))
        told["requestBody"] = {"required": needed, "content": {"application/json": {"schema": schema}}}
    return told


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    names = _NAMED.findall(operation.path)
    number, text = {"type": "integer", "minimum": 1}, {"type": "string"}
    return [
        {"name": name, "in": "path", "required": True, "schema": number if name in _NUMBERS else text} for name in names
    ]


def _query_parameters(operation: Operation, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    schema = _resolved(operation.query, schemas)
    return [{"name": name, "in": "query", "schema": one} for name, one in schema["properties"].items()]


def _headers(operation: Operation) -> list[dict[str, Any]]:
    if not operation.transactions:
        return []
    schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"}
    return [{"name": KEY_HEADER, "in": "header", "required": False, "schema": schema}]


def _answer(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    if operation.gives is None:
        content: dict[str, Any] = {_OCTETS: {"schema": {"type": "string", "format": "binary"}}}
    else:
        content = {"application/json": {"schema": _schema(operation.gives, schemas, "serialization")}}
    return {"description": "Done.", "content": content}


def _problems() -> dict[str, Any]:
    content = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    told: dict[str, list[str]] = {}
    for _, kind, status, _ in PROBLEMS:
        told.setdefault(str(status), []).append(kind)
    return {status: {"description": ", ".join(kinds), "content": content} for status, kinds in sorted(told.items())}


def _resolved(model: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    """The schema of a model itself; what it names goes among the others."""
    made = TypeAdapter(model).json_schema(mode="validation", ref_template=_REFERENCE)
    schemas |= {name: _plain_names(one) for name, one in made.pop("$defs", {}).items()}
    return made


def _schema(kind: Any, schemas: dict[str, Any], mode: Any) -> dict[str, Any]:
    made = TypeAdapter(kind).json_schema(mode=mode, ref_template=_REFERENCE)
    schemas |= {name: _plain_names(one) for name, one in made.pop("$defs", {}).items()}
    named = getattr(kind, "__name__", None)
    if made.get("properties") and isinstance(named, str):
        schemas[named] = _plain_names(made)
        return {"$ref": _REFERENCE.format(model=named)}
    return made


def _plain_names(schema: dict[str, Any]) -> dict[str, Any]:
    """Names as JSON has them: `from_` is `from`."""
    properties = {name.rstrip("_"): one for name, one in schema.get("properties", {}).items()}
    required = [name.rstrip("_") for name in schema.get("required", [])]
    return {
        **schema,
        **({"properties": properties} if properties else {}),
        **({"required": required} if required else {}),
    }
