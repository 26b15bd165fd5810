"""The agent in a kernel: answers a front end's requests and sends it messages by itself."""
