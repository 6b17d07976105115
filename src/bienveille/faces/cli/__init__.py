"""The command line: one module per command, and the dispatcher; what commands do lives in the operations below."""
