"""What all tables share: their base, and types that both databases keep alike.

Times are aware UTC. Enumerations are kept as their text, so that any database can be read by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Double,
    Integer,
    Text,
    TypeDecorator,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC on both sides. SQLite keeps text of fixed width, so that comparing text compares times."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value.isoformat()}")
        return value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """None where every connection gives aware UTC by itself (vigil/store/postgres.py): a page has hundreds of times."""
        return None if dialect.name == "postgresql" else super().result_processor(dialect, coltype)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


TEXT: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""By code point on both: a locale's order changes with the C library, and indexes made before are then wrong."""
INTEGER: Final = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits on both: a clip may be larger than 2 GiB. SQLite numbers rows by itself only where the type is called INTEGER."""
DOCUMENT: Final = JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy reads it from the class)
        datetime: UtcDateTime,
        str: TEXT,
        int: INTEGER,
        float: Double,
        list[str]: DOCUMENT,
        list[dict[str, Any]]: DOCUMENT,
        dict[str, Any]: DOCUMENT,
    }
