"""The processes on a GPU: who they are, and how one is stopped."""
