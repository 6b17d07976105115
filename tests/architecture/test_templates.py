"""The rules of docs/architecture.md that concern templates; their look and their safety are tried in tests/ui."""

import re
from pathlib import Path

import pytest
from tests.architecture.house import HOUSE, house_files, may_know, package_of, packages, python_files, shown

TEMPLATES = sorted(path for path in HOUSE.glob("**/templates/**/*") if path.is_file())
#: Looked up by Django and by the sign-in library themselves.
FOUND_BY_NAME = re.compile(r"^(\d{3}(_csrf)?\.html|account/.*)$")
UI = HOUSE / "ground" / "ui"


def name_of(path: Path) -> str:
    """The name under which a template is asked for: `workspace/home.html`."""
    return path.as_posix().rsplit("/templates/", 1)[1]


def without_comments(text: str) -> str:
    return re.sub(r"\{#.*?#\}|\{% comment .*?endcomment %\}", "", text, flags=re.S)


OWNERS = {name_of(path): package_of(path) for path in TEMPLATES}
LIBRARIES = {
    entry.stem: package
    for package in packages()
    for entry in package.glob("templatetags/*")
    if entry.name not in ("__init__.py", "__pycache__")
}


def test_no_two_templates_bear_one_name():
    assert len(OWNERS) == len(TEMPLATES)


def test_no_page_shows_what_was_typed_as_it_is():
    """A script slipped into a note would act as its reader; only what the interface itself writes is markup."""
    unescaped = re.compile(r"\|\s*safe(?:seq)?\b|autoescape\s+off")
    pages = [path for path in TEMPLATES if path.suffix == ".html"]
    assert [shown(path) for path in pages if unescaped.search(path.read_text("utf-8"))] == []
    by_hand = [path for path in python_files() if "mark_safe" in path.read_text("utf-8")]
    assert [shown(path) for path in by_hand if not path.is_relative_to(UI)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=shown)
class TestEach:
    def test_borrows_only_from_the_interface(self, path):
        """Another package's piece is shown through that package's template tags, which say what they need."""
        borrowed = re.findall(r'{%\s*(?:extends|include)\s+"([^"#]+)', without_comments(path.read_text("utf-8")))
        foreign = [name for name in borrowed if OWNERS.get(name, UI) not in (package_of(path), UI)]
        assert foreign == []

    def test_names_what_it_extends_and_includes(self, path):
        """A variable instead of a name would hide from these tests what a template shows."""
        assert re.findall(r"{%\s*(?:extends|include)\s+[^\"\s]\S*", without_comments(path.read_text("utf-8"))) == []

    def test_loads_tags_of_packages_below(self, path):
        loaded = re.findall(r"{%\s*load\s+([^%]+?)\s*%}", without_comments(path.read_text("utf-8")))
        names = {name for line in loaded for name in line.split(" from ")[-1].split()}
        above = [name for name in names if name in LIBRARIES and not may_know(package_of(path), LIBRARIES[name])]
        assert above == []


def test_every_template_is_used():
    """Some module or template names it; components of the interface are named without their folder."""
    templates = "\n".join(without_comments(path.read_text("utf-8")) for path in TEMPLATES)
    told = templates + "\n".join(path.read_text("utf-8") for path in python_files())
    unused = []
    for path in TEMPLATES:
        name = name_of(path)
        component = path.is_relative_to(UI) and re.search(rf"rendered\(\s*[\"']{path.stem}[\"']", told)
        if not component and name not in told and not FOUND_BY_NAME.match(name):
            unused.append(name)
    assert unused == []


def test_every_tag_is_used():
    """A tag that no template shows is code that nobody sees. Those of the interface are all in its gallery or tests."""
    templates = "\n".join(without_comments(path.read_text("utf-8")) for path in TEMPLATES)
    unused = []
    for path in house_files(".py"):
        if "templatetags" not in path.parts or path.is_relative_to(UI):
            continue
        tags = re.findall(r"@register\.(\w+)(?:\(([^)]*)\))?\n(?:@.*\n)*def (\w+)", path.read_text("utf-8"))
        for kind, options, function in tags:
            named = re.search(r"name=[\"'](\w+)[\"']", options) or re.match(r"[\"'](\w+)[\"']", options)
            name = named[1] if named else function
            pattern = rf"\|{name}\b" if kind == "filter" else rf"{{%\s*{name}\b"
            if not re.search(pattern, templates):
                unused.append(f"{shown(path)}: {name}")
    assert unused == []
