"""What is asked of a list, as the names and values of a query string."""

from __future__ import annotations

from typing import Any, List, Mapping, Tuple

from ._values import to_text

Params = List[Tuple[str, str]]

# The operators of the wire. `in` and `notIn` take lists, `exists` 1 or 0.
_OPERATORS = {
    "where": "where_",
    "not": "wherenot_",
    "in": "in_",
    "notIn": "notIn_",
    "moreThan": "whereGT_",
    "lessThan": "whereLT_",
    "atLeast": "whereGTE_",
    "atMost": "whereLTE_",
    "like": "like_",
    "notLike": "notLike_",
    "caseInsensitive": "where-case-insensitive_",
    "exists": "where-exists_",
}


def to_params(query: Mapping[str, Any]) -> Params:
    """The query, in the order in which it says things."""
    params: Params = []
    for name, value in query.items():
        if value is None:
            continue
        if name == "anyOf":
            for operator, fields in value.items():
                if operator not in _OPERATORS:
                    raise TypeError(f"anyOf: there is no operator {operator}")
                params += _conditions("?" + _OPERATORS[operator], operator, fields)
        elif name in _OPERATORS:
            params += _conditions(_OPERATORS[name], name, value)
        elif name == "params":
            params += raw_params(value)
        elif name in ("sort", "columns"):
            params.append((name, value if isinstance(value, str) else ",".join(value)))
        elif name in ("populates", "with"):
            params += [(f"{name}[]", one) for one in value]
        else:
            params.append((name, to_text(value)))
    return params


def raw_params(raw: Mapping[str, Any]) -> Params:
    """Parameters that are written as they are: of a list once for each value."""
    params: Params = []
    for name, value in raw.items():
        if value is not None:
            values = value if isinstance(value, (list, tuple)) else [value]
            params += [(name, to_text(one)) for one in values]
    return params


def _conditions(key: str, operator: str, fields: Mapping[str, Any]) -> Params:
    params: Params = []
    for field, value in fields.items():
        if value is None:
            continue
        if isinstance(value, (list, tuple)):
            params += [(f"{key}{field}[]", to_text(one)) for one in value]
        elif operator == "exists":
            params.append((key + field, "1" if value else "0"))
        else:
            params.append((key + field, to_text(value)))
    return params
