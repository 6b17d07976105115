"""Every address of the API, version 1: the same operations as the screens, for programs. Shapes: docs/contracts."""

from bienveille.faces.api.views import calls, campaigns, imports, register
from bienveille.faces.api.views.base import api, guarded
from bienveille.faces.api.views.description import docs, openapi, unknown

__all__ = ["api", "calls", "campaigns", "docs", "guarded", "imports", "openapi", "register", "unknown"]
