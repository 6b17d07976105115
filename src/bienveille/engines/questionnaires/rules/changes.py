"""What differs between two versions of a guide, in French sentences for who decides which one is asked."""

from collections.abc import Iterator

from .definition import Definition, Item, describe_condition


def changes(before: Definition, after: Definition) -> list[str]:
    """Every difference, in the order of the newer one; empty when both ask the same."""
    return list(_changes(before, after))


def _changes(before: Definition, after: Definition) -> Iterator[str]:
    if before.title != after.title:
        yield f"Le titre devient «\u00a0{after.title}\u00a0»."
    if before.description != after.description:
        yield "La description change."
    yield from _sections(before, after)
    old, new = _items(before), _items(after)
    for key, (section, item) in new.items():
        if key not in old:
            yield f"«\u00a0{item.label}\u00a0» est ajouté dans «\u00a0{section}\u00a0»."
    for key, (section, item) in old.items():
        if key not in new:
            yield f"«\u00a0{item.label}\u00a0» est retiré de «\u00a0{section}\u00a0»."
    for key, (section, item) in new.items():
        if key in old:
            yield from _item(before, after, old[key], (section, item))
    kept = [key for key in old if key in new]
    if [key for key in new if key in old] != kept and all(old[key][0] == new[key][0] for key in kept):
        yield "L’ordre des questions change."


def _items(definition: Definition) -> dict[str, tuple[str, Item]]:
    return {item.key: (section.title, item) for section in definition.sections for item in section.items}


def _sections(before: Definition, after: Definition) -> Iterator[str]:
    old, new = ({section.key: section for section in one.sections} for one in (before, after))
    for key, section in new.items():
        if key not in old:
            yield f"La partie «\u00a0{section.title}\u00a0» est ajoutée."
        elif old[key].title != section.title:
            yield f"La partie «\u00a0{old[key].title}\u00a0» devient «\u00a0{section.title}\u00a0»."
        if key in old and (old[key].say, old[key].help) != (section.say, section.help):
            yield f"Les mots d’introduction de la partie «\u00a0{section.title}\u00a0» changent."
        if key in old:
            was, now = describe_condition(before, old[key].show_if), describe_condition(after, section.show_if)
            if was != now:
                yield f"La partie «\u00a0{section.title}\u00a0» est montrée {_when(now)}."
    for key, section in old.items():
        if key not in new:
            yield f"La partie «\u00a0{section.title}\u00a0» est retirée."
    if [key for key in old if key in new] != [key for key in new if key in old]:
        yield "L’ordre des parties change."


def _when(condition: str) -> str:
    return f"seulement {condition[0].lower()}{condition[1:]}" if condition else "toujours"


def _item(before: Definition, after: Definition, old: tuple[str, Item], new: tuple[str, Item]) -> Iterator[str]:
    (was_in, was), (is_in, now) = old, new
    name = f"«\u00a0{now.label}\u00a0»"
    if was.label != now.label:
        yield f"«\u00a0{was.label}\u00a0» s’intitule maintenant {name}."
    if was_in != is_in:
        yield f"{name} passe de «\u00a0{was_in}\u00a0» à «\u00a0{is_in}\u00a0»."
    if was.kind != now.kind:
        yield f"{name} devient\u00a0: {now.kind.label.lower()}."
    if was.say != now.say:
        yield f"Le texte à dire de {name} change."
    if was.help != now.help:
        yield f"L’aide de {name} change."
    if was.required != now.required:
        yield f"{name} devient {'obligatoire' if now.required else 'facultatif'}."
    yield from _choices(name, was, now)
    if was.kind == now.kind and (was.minimum, was.maximum, was.decimals, was.max_length) != (
        now.minimum,
        now.maximum,
        now.decimals,
        now.max_length,
    ):
        yield f"Les bornes de {name} changent."
    condition = describe_condition(after, now.show_if)
    if describe_condition(before, was.show_if) != condition:
        yield f"{name} est montré {_when(condition)}."


def _choices(name: str, was: Item, now: Item) -> Iterator[str]:
    old, new = ({choice.value: choice for choice in one.choices} for one in (was, now))
    for value, choice in new.items():
        if value not in old:
            yield f"{name}\u00a0: le choix «\u00a0{choice.label}\u00a0» est ajouté."
        elif old[value].label != choice.label:
            yield f"{name}\u00a0: le choix «\u00a0{old[value].label}\u00a0» devient «\u00a0{choice.label}\u00a0»."
        elif (old[value].advice, old[value].needs) != (choice.advice, choice.needs):
            yield f"{name}\u00a0: le conseil ou les besoins du choix «\u00a0{choice.label}\u00a0» changent."
    for value, choice in old.items():
        if value not in new:
            yield f"{name}\u00a0: le choix «\u00a0{choice.label}\u00a0» est retiré."
    if [value for value in old if value in new] != [value for value in new if value in old]:
        yield f"{name}\u00a0: l’ordre des choix change."
