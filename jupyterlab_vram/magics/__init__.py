"""``%vram`` and its sisters, and the texts that they print."""
