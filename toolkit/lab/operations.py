"""Names of operations in the REST services, from the installed botocore's models."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qsl, urlsplit

from botocore.exceptions import UnknownServiceError
from botocore.loaders import create_loader


@dataclass(frozen=True, kw_only=True)
class Template:
    """One operation's method, path pattern, fixed query names and the headers that it cannot do without."""

    name: str
    method: str
    pattern: re.Pattern[str]
    query: frozenset[str]
    headers: frozenset[str]


def _pattern(path: str) -> re.Pattern[str]:
    """A path template as an expression: ``{Key+}`` spans slashes, ``{Id}`` does not."""
    parts = re.split(r"(\{[^}]+\})", path)
    texts = [".+" if p.endswith("+}") else "[^/]+" if p.startswith("{") else re.escape(p) for p in parts]
    return re.compile("".join(texts).rstrip("/") + "/?")


@cache
def _templates(service: str) -> tuple[Template, ...]:
    try:
        model = create_loader().load_service_model(service, "service-2")
    except UnknownServiceError:
        return ()
    templates = []
    shapes = model["shapes"]
    for name, operation in model["operations"].items():
        uri = urlsplit(operation["http"]["requestUri"])
        shape = shapes.get(operation.get("input", {}).get("shape"), {})
        needed = [shape["members"][member] for member in shape.get("required", ())]
        templates.append(
            Template(
                name=name,
                method=operation["http"]["method"],
                pattern=_pattern(uri.path),
                query=frozenset(key for key, _ in parse_qsl(uri.query, keep_blank_values=True)),
                headers=frozenset(m["locationName"].lower() for m in needed if m.get("location") == "header"),
            ),
        )
    return tuple(sorted(templates, key=lambda template: (-len(template.query), len(template.pattern.pattern))))


def rest_operation(service: str, *, method: str, target: str, headers: Collection[str] = ()) -> str:
    """The operation that a REST request calls; method and path when the models know none."""
    parts = urlsplit(target)
    names = {key for key, _ in parse_qsl(parts.query, keep_blank_values=True)}
    for template in _templates(service) if service else ():
        fits = template.method == method and template.query <= names and template.headers <= set(headers)
        if fits and template.pattern.fullmatch(parts.path):
            return template.name
    return f"{method} {parts.path}"
