"""What is owed on a case and by when, what keeps it, and how that is shown."""
