"""What a firm has published: its policy as values, and the law that lies over it."""
