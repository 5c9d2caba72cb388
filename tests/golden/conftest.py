"""The client that posts in the Currents format."""

from tests.events.conftest import sender

__all__ = ["sender"]
