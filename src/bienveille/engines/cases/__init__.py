"""Situations followed until they are closed: who sees to them, by when, what was done; no campaign, no screen."""
