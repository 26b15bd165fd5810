"""What this package knows of the program that runs the person's code: IPython in ipykernel."""
