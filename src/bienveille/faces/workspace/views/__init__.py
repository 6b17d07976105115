"""Views of the workspace, one module per place; what a page may do is decided below."""
