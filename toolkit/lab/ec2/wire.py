"""EC2's wire format, driven by botocore's own service model: form fields in, XML out."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from botocore.model import ListShape, OperationModel, Shape, StructureShape
from botocore.session import Session

from toolkit.lab.ec2.errors import Ec2Error, invalid_value, missing

Row = dict[str, Any]

_NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"
_CONTROL_FIELDS = {"Action", "Version"}


@cache
def _operations() -> Mapping[str, OperationModel]:
    model = Session().get_service_model("ec2")
    return {name: model.operation_model(name) for name in model.operation_names}


def operation(name: str) -> OperationModel | None:
    """The operation of that name in EC2's model, or None."""
    return _operations().get(name)


def parse(model: OperationModel, fields: Iterable[tuple[str, str]]) -> Row:
    """The call's parameters by their names in the API.

    Raises:
        Ec2Error: a field that the operation does not know, lacks, or cannot read.
    """
    tree: Row = {}
    for name, value in fields:
        if name not in _CONTROL_FIELDS:
            _plant(tree, name.split("."), value)
    if model.input_shape is None:
        return {}
    row = _read_structure(model.input_shape, tree)
    for name in model.input_shape.required_members:
        if name not in row:
            raise missing(name[0].lower() + name[1:])
    return row


def _plant(tree: Row, path: list[str], value: str) -> None:
    for step in path[:-1]:
        tree = tree.setdefault(step, {})
        if not isinstance(tree, dict):
            raise Ec2Error("InvalidQueryParameter", f"The parameter {'.'.join(path)} is not recognized")
    tree[path[-1]] = value


def _wire_name(name: str, shape: Shape) -> str:
    if query_name := shape.serialization.get("queryName"):
        return str(query_name)
    location = str(shape.serialization.get("name", name))
    return location[0].upper() + location[1:]


@cache
def _members(shape: StructureShape) -> dict[str, tuple[str, Shape]]:
    return {_wire_name(name, member): (name, member) for name, member in shape.members.items()}


def _read_structure(shape: StructureShape, tree: Row) -> Row:
    known = _members(shape)
    row: Row = {}
    for field, value in tree.items():
        if field not in known:
            raise Ec2Error("UnknownParameter", f"The parameter {field} is not recognized")
        name, member = known[field]
        row[name] = _read(member, value, name=field)
    return row


def _read(shape: Shape, value: object, *, name: str) -> object:
    if isinstance(shape, StructureShape):
        return _read_structure(shape, _tree(value, name=name))
    if isinstance(shape, ListShape):
        items = _tree(value, name=name)
        if not all(index.isdecimal() for index in items):
            raise Ec2Error("InvalidQueryParameter", f"The parameter {name} is not a numbered list")
        return [_read(shape.member, items[index], name=name) for index in sorted(items, key=int)]
    if not isinstance(value, str):
        raise invalid_value(f"The value of {name} is invalid.")
    return _read_scalar(shape, value, name=name)


def _tree(value: object, *, name: str) -> Row:
    if not isinstance(value, dict):
        raise invalid_value(f"The value of {name} is invalid.")
    return value


def _read_scalar(shape: Shape, value: str, *, name: str) -> object:
    try:
        if shape.type_name in {"integer", "long"}:
            return int(value)
        if shape.type_name in {"double", "float"}:
            return float(value)
        if shape.type_name == "blob":
            return base64.b64decode(value)
    except ValueError:
        raise invalid_value(f"Invalid value '{value}' for {name}. It must be a number.") from None
    if shape.type_name == "boolean":
        if value.lower() not in {"true", "false"}:
            raise invalid_value(f"Invalid value '{value}' for boolean {name}.")
        return value.lower() == "true"
    return value


def render(model: OperationModel, result: Row, *, request_id: str) -> bytes:
    """The success body of a call; absent and None members are left out, as EC2 does."""
    parts = [f"<requestId>{request_id}</requestId>"]
    if isinstance(model.output_shape, StructureShape):
        parts.append(_write_members(model.output_shape, result))
    else:
        parts.append("<return>true</return>")
    tag = f"{model.name}Response"
    return _document(f'<{tag} xmlns="{_NAMESPACE}">{"".join(parts)}</{tag}>')


def render_error(error: Ec2Error, *, request_id: str) -> bytes:
    """The body of a refusal, in the shape that only EC2 uses (Response/Errors/Error)."""
    return _document(
        f"<Response><Errors><Error><Code>{escape(error.code)}</Code>"
        f"<Message>{escape(error.message)}</Message></Error></Errors>"
        f"<RequestID>{request_id}</RequestID></Response>"
    )


def _document(body: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'.encode()


def _write_members(shape: StructureShape, row: Row) -> str:
    parts = []
    members = shape.members
    for name, value in row.items():
        # A row may know more than its shape shows: DescribeInstances filters by allocation id, and hides it.
        if value is not None and (member := members.get(name)):
            parts.append(_write(member, value, tag=str(member.serialization.get("name", name))))
    return "".join(parts)


def _write(shape: Shape, value: Any, *, tag: str) -> str:
    if isinstance(shape, StructureShape):
        body = _write_members(shape, value)
    elif isinstance(shape, ListShape):
        item = str(shape.member.serialization.get("name", "item"))
        body = "".join(_write(shape.member, element, tag=item) for element in value)
    elif isinstance(value, bool):
        body = "true" if value else "false"
    elif isinstance(value, datetime):
        body = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    elif isinstance(value, bytes):
        body = base64.b64encode(value).decode()
    else:
        body = escape(str(value))
    return f"<{tag}>{body}</{tag}>"
