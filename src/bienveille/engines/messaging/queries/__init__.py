"""What screens and jobs read of messages."""
