"""What can go wrong with a picture, by whose fault it is.

Codes live here, prose in `messages.py`: an error carries a code and data, never a sentence.
"""

from typing import Any


class ImagingError(Exception):
    """Base: `code` for the log and the messages table, `data` for its placeholders."""

    retryable = False

    def __init__(self, code: str, **data: Any) -> None:
        super().__init__(code)
        self.code = code
        self.data = data

    def __str__(self) -> str:
        return f"{self.code} {self.data}" if self.data else self.code


class SubjectError(ImagingError):
    """These photos cannot work; the person can do something about it."""


class DecodeError(SubjectError):
    """The bytes are not a picture that we take."""


class EngineError(ImagingError):
    """Our fault; the job is tried again with back-off."""

    retryable = True


class Cancelled(ImagingError):
    """The caller asked to stop; raised between steps."""
