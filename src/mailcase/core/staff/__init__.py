"""What staff write, who may write it, and who looks after what."""
