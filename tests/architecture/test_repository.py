"""What the whole repository keeps to: it speaks of itself alone, stands anywhere, and its documents tell the truth."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from tests.architecture.house import HOUSE, ROOT, repository_files, shown

OURS = [
    path
    for path in repository_files()
    if not {"vendor", "node_modules", "fixtures"} & set(path.parts)
    and path.suffix not in (".png", ".webp", ".woff2", ".ttf", ".xlsx", ".ods", ".ico", ".jpg", ".gz")
    and path != Path(__file__)
]
#: Places of one machine, addresses of the shops where packages come from, folders beside the repository.
FOREIGN = {
    "a path of one machine": re.compile(r"(?<![\w.~$}])/(?:work|root|Users|home/(?!someone)[a-z]+)/\w"),
    "the host of a registry": re.compile(
        r"pypi\.org|pythonhosted\.org|registry\.npmjs|registry\.yarnpkg|deb\.debian\.org|--(?:extra-)?index-url|\bfind-links\b"
    ),
    "a folder beside the repository": re.compile(r"\.\./(?:\.\./)*shared\b|/work/"),
}


LAUNCHER = next(path for path in (ROOT / "bienveille", ROOT / "bienveille.sh") if path.is_file())


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{shown(path)}:{number}"
        for path in OURS
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
        if pattern.search(line)
    ]


@pytest.mark.parametrize("what", FOREIGN)
def test_nothing_of_elsewhere(what):
    assert lines_with(FOREIGN[what]) == []


def test_nothing_that_should_not_be_followed():
    refused = re.compile(
        r"(^|/)(var|\.venv|node_modules|__pycache__|staticfiles)/|\.(pyc|sqlite3|log|pem|key)$|(^|/)\.env"
    )
    assert [shown(path) for path in repository_files() if refused.search(path.relative_to(ROOT).as_posix())] == []


def test_nothing_is_unfinished():
    marks = re.compile(r"\b(TODO|FIXME|HACK)\b|raise NotImplementedError|[Ll]orem ipsum")
    here = [path for path in OURS if not path.is_relative_to(ROOT / "tests" / "architecture")]
    assert [
        f"{shown(path)}:{number}"
        for path in here
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
        if marks.search(line)
    ] == []


def test_text_is_in_utf_8_with_plain_ends_of_line():
    wrong = []
    for path in OURS:
        raw = path.read_bytes()
        if b"\r" in raw or raw.startswith(b"\xef\xbb\xbf"):
            wrong.append(shown(path))
        raw.decode("utf-8")
    assert wrong == []


class TestDependencies:
    def test_each_says_why_in_one_sentence(self):
        lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
        declared = tomllib.loads("\n".join(lines))
        wanted = {*declared["project"]["dependencies"], *declared["dependency-groups"]["dev"]}
        silent = [name for name in wanted if not any(f'"{name}",' in line and "# " in line for line in lines)]
        assert silent == []

    @pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "requirements-uv.lock"])
    def test_each_is_locked_by_its_hash(self, lock):
        text = (ROOT / lock).read_text(encoding="utf-8")
        entries = re.findall(r"^([a-z0-9][\w.-]*)==.*?(?=^[a-z0-9]|\Z)", text, re.MULTILINE | re.DOTALL | re.IGNORECASE)
        blocks = re.split(r"^(?=[a-z0-9][\w.-]*==)", text, flags=re.MULTILINE | re.IGNORECASE)[1:]
        assert entries
        assert [block.split("==")[0] for block in blocks if "--hash=sha256:" not in block] == []


class TestDocuments:
    DOCUMENTS = [path for path in OURS if path.suffix == ".md"]

    @pytest.mark.parametrize("path", DOCUMENTS, ids=shown)
    def test_links_lead_somewhere(self, path):
        text = path.read_text(encoding="utf-8")
        links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", text)
        assert [link for link in links if not (path.parent / link).exists()] == []

    @pytest.mark.parametrize("path", DOCUMENTS, ids=shown)
    def test_paths_named_in_backquotes_exist(self, path):
        """`src/…`, `tests/…`, `docs/…`, `.ci/…`: what a document points to is there."""
        text = path.read_text(encoding="utf-8")
        named = re.findall(r"`((?:src|tests|docs|benchmarks|frontend|\.ci)/[\w./-]+)`", text)
        assert [name for name in named if not (ROOT / name).exists()] == []

    def test_decisions_are_numbered_short_and_complete(self):
        decisions = sorted((ROOT / "docs" / "adr").glob("*.md"))
        assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
        for path in decisions:
            text = path.read_text(encoding="utf-8")
            assert re.match(rf"# {path.name[:4]}\. .+\n\n", text), path.name
            for part in ("**Context.**", "**Decision.**", "**Consequences.**"):
                assert part in text, f"{path.name}: {part}"
            assert len(text.splitlines()) <= 20, f"{path.name} is longer than a decision"

    def test_every_variable_of_the_environment_is_in_the_runbook(self):
        source = "\n".join(
            path.read_text(encoding="utf-8") for path in HOUSE.rglob("*.py") if "settings_test" not in path.name
        )
        read = set(re.findall(r"environ(?:\.get\(|\[)\s*\"([A-Z][A-Z_]+)\"", source))
        internal = {"DJANGO_SETTINGS_MODULE", "BIENVEILLE_CALLED_FROM", "PATH"}
        runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
        assert {name for name in read - internal if f"`{name}`" not in runbook} == set()
        told = set(re.findall(r"^\| `([A-Z][A-Z_]+)`", runbook, re.MULTILINE))
        launcher = LAUNCHER.read_text(encoding="utf-8")
        assert {name for name in told - read if name not in launcher} == set()

    def test_every_command_of_the_readme_exists(self):
        from bienveille.faces.cli.main import COMMANDS

        told = set()
        for path in self.DOCUMENTS:
            told |= set(re.findall(r"\./bienveille ([a-z]+)", path.read_text(encoding="utf-8")))
        assert told - set(COMMANDS) == set()


def test_ci_runs_what_the_readme_says():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for command, document in (("./bienveille check", "CONTRIBUTING.md"), ("./bienveille test", "README.md")):
        assert command in script
        assert command in (ROOT / document).read_text(encoding="utf-8")
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111 == 0o111
    assert subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], check=False).returncode == 0
