"""Bienveille: a social landlord reaches every tenant who may need help, in time."""
