"""What we ask: versioned guides, their answers and the needs they reveal; not who is asked nor when."""
