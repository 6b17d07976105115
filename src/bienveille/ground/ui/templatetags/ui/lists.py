"""Lists of rows: questions above them, columns that sort, pages, files to take away (`ground/ui/tables.py`)."""

from typing import Any

from django import template
from django.core.paginator import Page
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bienveille.ground.lib import typography
from bienveille.ground.ui import rules
from bienveille.ground.ui.tables import EXPORTS, Filter, Listing

from .library import register, rendered


def live(listing: Listing, url: str, *, top: bool = False) -> SafeString:
    """What makes a link of a list change that list alone; without a script it is a link like any other."""
    return format_html(
        ' hx-get="{}" hx-target="#{}" hx-select="#{}" hx-select-oob="#{}-dit:innerHTML"'
        ' hx-swap="outerHTML{} focus-scroll:false" hx-push-url="true"',
        url,
        *[listing.id] * 3,
        f" show:#{listing.id}:top" if top else "",
    )


@register.inclusion_tag("ui/filter_bar.html", takes_context=True)
def filter_bar(context: template.Context, *, listing: Listing, label: str = "Filtrer la liste") -> dict[str, Any]:
    """`{% filter_bar listing=listing label="Filtrer les ménages" %}`: the filters of the table, above its list.

    Choosing an answer changes the list at once; without a script the button does it.
    """
    asked = listing.asked
    return {
        "anchor": listing.id,
        "path": context["request"].path,
        "live": live(listing, context["request"].path),
        "trigger": "submit, input delay:300ms",  # no `change`: leaving a field would ask again, over the next click
        "label": label,
        "fields": [_question(listing, one) for one in listing.table.filters],
        "kept": asked.kept,
    }


def _question(listing: Listing, one: Filter) -> dict[str, Any]:
    value = listing.asked[one.key]
    return {
        "name": listing.table.prefix + one.key,
        "anchor": f"{listing.id}-{one.key}",
        "filter": one,
        "value": value,
        "choices": [
            {"value": str(key), "label": label, "chosen": str(key) == value}
            for key, label in listing.asked.choices[one.key]
        ],
    }


@register.simple_block_tag
def sort_table(
    content: str,
    *,
    listing: Listing,
    label: str,
    columns: int = 3,
    hover: bool = False,
    figures: bool = False,
    exports: bool = False,
    paged: bool = True,
) -> SafeString:
    """`{% sort_table listing=listing label="Ménages de la campagne" exports=True %}<tbody>…{% endsort_table %}`

    The head with its sorting links, your `<tbody>`, the pages, the files. Rows are written as in `fold_table`; go
    through `listing` itself. `paged=False`: a short table that needs no count. Filters that find nobody are said,
    with the way out; an empty list is yours to say.
    """
    return rendered(
        "sort_table",
        listing=listing,
        anchor=listing.id,
        label=label,
        columns=columns,
        hover=hover,
        figures=figures,
        exports=exports,
        paged=paged or listing.page.paginator.num_pages > 1,
        pages=f"Pages\u00a0: {label}",
        heads=[
            {
                "column": head.column,
                "url": head.url,
                "direction": head.direction,
                "live": live(listing, head.url) if head.url else "",
            }
            for head in listing.headers
        ],
        content=content,
    )


@register.simple_tag
def export_links(*, listing: Listing | None = None, url: str = "", label: str = "Télécharger") -> SafeString:
    """`{% export_links listing=listing %}`, or `{% export_links url=figures_url %}` for `url?export=xlsx|csv`.

    Already at the foot of a `sort_table` with `exports=True`.
    """
    links = [
        {"label": words, "url": listing.asked.address(export=kind) if listing else f"{url}?export={kind}"}
        for kind, words in EXPORTS.items()
    ]
    return rendered("export_links", links=links, label=label)


@register.inclusion_tag("ui/pagination.html", takes_context=True)
def pagination(
    context: template.Context,
    *,
    page: Page | None = None,
    listing: Listing | None = None,
    parameter: str = "page",
    one: str = "ligne",
    many: str = "lignes",
    name: str = "Pages",
) -> dict[str, Any]:
    """`{% pagination page=page_obj one="ménage" many="ménages" %}`: keeps the other parameters of the address.

    `{% pagination listing=listing %}` is already in `sort_table`. `name`: for readers, when a page has several.
    """
    if listing is not None:
        page, one, many = listing.page, listing.table.one, listing.table.many
    assert page is not None, "pagination needs `page` or `listing`"
    paginator = page.paginator

    def place(number: int) -> dict[str, Any]:
        current = number == page.number
        if listing is not None:
            url = listing.page_address(number)
            return {"number": number, "url": url, "current": current, "live": live(listing, url, top=True)}
        query = context["request"].GET.copy()
        query[parameter] = str(number)
        return {"number": number, "url": f"?{query.urlencode()}", "current": current}

    return {
        "anchor": listing.id if listing is not None else "",
        "name": name,
        "shown": f"{typography.number(page.start_index())} à {typography.number(page.end_index())}",
        "total": typography.counted(paginator.count, one, many),
        "several": paginator.num_pages > 1,
        "pages": [place(n) if n else None for n in rules.page_window(page.number, paginator.num_pages)],
        "previous": place(page.number - 1) if page.has_previous() else None,
        "next": place(page.number + 1) if page.has_next() else None,
    }
