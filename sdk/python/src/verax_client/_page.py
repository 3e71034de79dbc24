"""A page of a list."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Generic, List, TypeVar

Record = TypeVar("Record")


@dataclass
class Page(Generic[Record]):
    """Records, and where they are in the list."""

    data: List[Record] = field(repr=False)
    pagination: Dict[str, Any]
    """`page`, `total` and `pages`; with cursors `nextCursor` instead of `page`."""
