"""Random guides and random answers, for properties of the rules."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

#: Guides are big examples: fewer of them, and no stopwatch, since two cores may be shared by a whole test run.
few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)

_labels = st.text(st.characters(categories=("L", "N", "P", "Zs")), min_size=1, max_size=20).filter(str.strip)


@st.composite
def _items(draw, *, key: str, earlier: list[dict]) -> dict:
    kind = draw(st.sampled_from(["text", "single", "multiple", "scale", "number", "date", "advice"]))
    item: dict = {"key": key, "kind": kind, "label": draw(_labels)}
    if kind == "advice":
        item["say"] = draw(_labels)
    else:
        item["required"] = draw(st.booleans())
    if kind in ("single", "multiple"):
        values = draw(st.lists(st.sampled_from("abcdef"), min_size=2, max_size=4, unique=True))
        item["choices"] = [{"value": value, "label": draw(_labels)} for value in values]
    if kind == "scale":
        item["min"] = draw(st.integers(0, 1))
        item["max"] = draw(st.integers(2, 10))
    if kind == "number":
        item["decimals"] = draw(st.integers(0, 3))
        if draw(st.booleans()):
            item |= {"min": -5, "max": draw(st.integers(0, 90))}
    if kind == "text":
        item["max_length"] = draw(st.integers(1, 40))
    if earlier and draw(st.booleans()):
        item["show_if"] = draw(_conditions(earlier))
    return item


def _conditions(earlier: list[dict]):
    return st.recursive(
        st.sampled_from(earlier).flatmap(_match),
        lambda inner: st.tuples(st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=2)).map(
            lambda pair: {pair[0]: pair[1]}
        ),
        max_leaves=3,
    ).filter(lambda condition: _depth(condition) <= 3)


def _depth(condition: dict) -> int:
    parts = condition.get("all") or condition.get("any") or []
    return 1 + max(map(_depth, parts), default=0)


def _match(item: dict):
    if item["kind"] == "scale":
        return st.integers(item["min"], item["max"]).map(lambda n: {"question": item["key"], "equals": n})
    values = [choice["value"] for choice in item["choices"]]
    if item["kind"] == "multiple":
        return st.sampled_from(values).map(lambda v: {"question": item["key"], "includes": v})
    return st.lists(st.sampled_from(values), min_size=1, max_size=2).map(
        lambda several: {"question": item["key"], "one_of": several}
    )


@st.composite
def documents(draw) -> dict:
    """Any valid document: one to three parts, conditions on earlier answers."""
    earlier: list[dict] = []
    sections = []
    number = 0
    for rank in range(draw(st.integers(1, 3))):
        section: dict = {"key": f"s{rank}", "title": draw(_labels), "items": []}
        if earlier and draw(st.booleans()):
            section["show_if"] = draw(_conditions(earlier))
        for _ in range(draw(st.integers(1, 4))):
            number += 1
            item = draw(_items(key=f"i{number}", earlier=earlier))
            section["items"].append(item)
            if item["kind"] in ("single", "multiple", "scale"):
                earlier.append(item)
        sections.append(section)
    sections[0]["items"].append({"key": "last", "kind": "text", "label": "Autre chose"})
    return {"title": draw(_labels), "sections": sections}


def answers_to(document: dict):
    """Answers that are often right, sometimes not, to some of the questions."""
    items = [item for section in document["sections"] for item in section["items"]]
    return st.fixed_dictionaries({}, optional={item["key"]: _answer(item) for item in items})


def _answer(item: dict):
    match item["kind"]:
        case "single":
            right = st.sampled_from([choice["value"] for choice in item["choices"]])
        case "multiple":
            right = st.lists(st.sampled_from([choice["value"] for choice in item["choices"]]), max_size=4)
        case "scale":
            right = st.integers(item["min"], item["max"])
        case "number":
            right = st.integers(-5, 90) | st.floats(-5, 90, allow_nan=False).map(lambda x: round(x, 2))
        case "date":
            right = st.dates().map(str)
        case _:
            right = st.text(max_size=45)
    return right | right | right | json_values
