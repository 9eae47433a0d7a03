"""mailcase keeps a firm's published complaints promises: mail in, case opened, letters out."""
