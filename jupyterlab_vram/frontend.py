"""Where every version of a front end looks for the agent; an older installed one, too."""

from .agent.requests import SCHEMA_VERSION, handle, stop

__all__ = ["SCHEMA_VERSION", "handle", "stop"]
