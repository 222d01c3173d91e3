"""Strict configuration: frozen models, TOML files, ``--set a.b=c``; every fault reported at once."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ccrs.core.errors import ConfigError


class StrictConfig(BaseModel):
    """Base of all configurations: immutable, and a key that does not exist is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


Config = TypeVar("Config", bound=StrictConfig)


def load_toml(path: Path) -> dict[str, Any]:
    """A TOML file as nested dictionaries; raises ``ConfigError`` when missing or broken."""
    try:
        with path.open("rb") as stream:
            return tomllib.load(stream)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror or error}). Check the path.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is not valid TOML ({error}). Mend the line named.") from error


def apply_overrides(values: Mapping[str, Any], overrides: Iterable[str]) -> dict[str, Any]:
    """``values`` with each ``a.b=c`` put in; ``c`` is read as a TOML value, else as a string."""
    result = {key: dict(value) if isinstance(value, Mapping) else value for key, value in values.items()}
    for override in overrides:
        key, equals, text = override.partition("=")
        names = key.strip().split(".")
        if not equals or not all(names):
            raise ConfigError(f"--set {override!r}: not of the form a.b=c. Example: --set training.epochs=5")
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            value = text.strip()
        node = result
        for name in names[:-1]:
            child = node.get(name, {})
            if not isinstance(child, Mapping):
                raise ConfigError(f"--set {override!r}: {name!r} is a value, not a section.")
            node[name] = dict(child)
            node = node[name]
        node[names[-1]] = value
    return result


def parse_config(
    kind: type[Config],
    values: Mapping[str, Any],
    source: str,
    *,
    sections: Mapping[str, type[BaseModel]] | None = None,
) -> Config:
    """Validate ``values`` as ``kind``; raises ``ConfigError`` that lists all faults at once.

    ``sections`` are the kinds of sections that ``kind`` chooses by a value: they are needed for hints alone.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        faults = error.errors()
        lines = [f"  {_describe(kind, fault, sections or {})}" for fault in faults]
        raise ConfigError(
            f"{source}: {len(faults)} fault(s) in the configuration\n" + "\n".join(lines)
        ) from None


def _describe(kind: type[BaseModel], fault: Any, sections: Mapping[str, type[BaseModel]]) -> str:
    """One fault as ``section.key: what is wrong``, with the nearest known key where it helps."""
    path = [str(part) for part in fault["loc"]]
    if fault["type"] != "extra_forbidden":
        return f"{'.'.join(path)}: {fault['msg']} (got {fault['input']!r})"
    known = (
        _keys_at(sections[path[0]], path[1:-1])
        if len(path) > 1 and path[0] in sections
        else _keys_at(kind, path[:-1])
    )
    near = difflib.get_close_matches(path[-1], known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(sorted(known)) or 'none'}"
    return f"{'.'.join(path)}: there is no such key; {hint}"


def _keys_at(kind: type[BaseModel], path: list[str]) -> list[str]:
    """The field names of the section at ``path``."""
    for name in path:
        field = kind.model_fields.get(name)
        if field is None or not (
            isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        ):
            return []
        kind = field.annotation
    return list(kind.model_fields)
