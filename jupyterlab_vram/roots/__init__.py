"""Where Python objects can be reached from: variables, outputs, modules, tracebacks, frames."""
