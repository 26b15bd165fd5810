"""What the agent says when it does not do what it was asked to do."""

from __future__ import annotations


class RefusedError(RuntimeError):
    """Raised where doing what was asked would do harm; the message is one plain sentence."""
