"""Shapes of the API, one class each: what it receives, what it gives; their sentences go in its description."""
