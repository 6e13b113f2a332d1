"""Exports that a dead worker left behind, and archives past their day."""


def reap() -> None:
    """One round over all companies."""
