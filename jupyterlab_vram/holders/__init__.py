"""Who keeps GPU memory: the search from the roots, what each holder frees, release and clear."""
