"""What each cell did: its record, what stayed after ``del``, an out-of-memory error."""
