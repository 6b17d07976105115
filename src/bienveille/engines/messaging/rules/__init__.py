"""Decisions about messages: no database, no clock."""
