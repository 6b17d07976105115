"""Pure decisions on imported files: what a file is, what a cell means, what a row is worth; no database, no clock."""
