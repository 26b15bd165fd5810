"""The GPUs that libraries in this process use: counters, readings, and the storages of tensors."""
