"""What came: a mail's parts, its words, what sort of mail it is, and whom it speaks of."""
