"""What we say: templates, letters to customers, mails to staff, and their bytes."""
