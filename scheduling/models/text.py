"""Names that can be searched without accents, through an index, under row level security."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

WITH_ACCENTS = "ÁÀÂÃÄÅÉÈÊËÍÌÎÏÓÒÔÕÖÚÙÛÜÇÑÝáàâãäåéèêëíìîïóòôõöúùûüçñýÿ"
PLAIN = "AAAAAAEEEEIIIIOOOOOUUUUCNYaaaaaaeeeeiiiiooooouuuucnyy"
_TABLE = str.maketrans(WITH_ACCENTS, PLAIN)


def searchable(text: str) -> str:
    """Return text as the generated columns hold it: lower case, without accents."""
    return text.translate(_TABLE).lower()


def searchable_expression(field: str) -> Lower:
    """What `searchable` does, in SQL: `translate` and `lower` are IMMUTABLE; `unaccent` is neither
    that nor always installed."""
    return Lower(
        models.Func(
            models.F(field),
            models.Value(WITH_ACCENTS),
            models.Value(PLAIN),
            function="translate",
            output_field=models.TextField(),
        )
    )


def searchable_column(field: str) -> models.GeneratedField:
    """A stored column that equals `searchable(field)`."""
    return models.GeneratedField(
        expression=searchable_expression(field),
        output_field=models.TextField(db_collation="C"),
        db_persist=True,
        editable=False,
    )
