"""The components of every screen, as documented keyword-only tags (`{% load ui %}`); they know looks, never meaning.

Leaves are inclusion tags, or simple tags where a list shows them a hundred times; wrappers are block tags.
A text given to a tag is escaped unless it was marked safe. Filters that write French: `{% load french %}`.
"""

from . import actions, charts, fields, figures, lists, page, signs, words
from .library import register

__all__ = ["actions", "charts", "fields", "figures", "lists", "page", "register", "signs", "words"]
