"""What this package knows of the program that runs the person's code: a Jupyter kernel."""
