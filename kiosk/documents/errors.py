"""What can go wrong with a document, as message keys."""

from __future__ import annotations


class DocumentError(Exception):
    """A document could not be worked on. ``key`` is a message key:

    ``documents.unreadable`` (broken file), ``documents.too-large`` (needs more memory than it may),
    ``documents.too-slow`` (overran its deadline), ``documents.failed`` (the converter crashed),
    ``documents.media`` (a paper size that cannot be parsed), ``documents.full``, ``documents.read-only``.
    """

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key
        self.values: dict[str, str | int] = {}


class DocumentStoreError(DocumentError):
    """There is no room for documents: ``documents.full``, ``documents.read-only`` or ``documents.not-forgotten``."""
