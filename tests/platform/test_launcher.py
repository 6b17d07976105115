"""The launcher's set-up, in a small repository whose `uv` is a script of ours; the real one is seen by every clone."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAUNCHER = ROOT / "bienveille"

FAKE_UV = """#!/bin/sh
case "$1 $2" in
    --version*) echo "uv 0.0" ;;
    venv*)
        echo "venv $*" >>"$CALLS"
        for last; do :; done
        mkdir -p "$last/bin"
        ln -s "$REAL_PYTHON" "$last/bin/python"
        ;;
    "pip sync")
        for last; do :; done
        echo "sync $last" >>"$CALLS"
        sleep "${SLOW:-0}"
        if [ -n "${COMPLAINT:-}" ]; then echo "error: $COMPLAINT" >&2; exit 2; fi
        ;;
esac
"""

MAIN = """
import os, sys
print("hello", sys.argv[1:], os.getcwd(), os.environ["BIENVEILLE_CALLED_FROM"])
"""


#: All that the launcher asks of a system.
TOOLS = (
    "sh",
    "dirname",
    "readlink",
    "cmp",
    "mkdir",
    "rm",
    "ln",
    "cp",
    "mv",
    "grep",
    "sed",
    "tail",
    "cat",
    "df",
    "awk",
    "sleep",
)


def link_tools(folder, *names):
    for name in names:
        (folder / name).symlink_to(shutil.which(name))


@pytest.fixture
def repository(tmp_path):
    root = tmp_path / "un dépôt"
    (root / "src" / "bienveille").mkdir(parents=True)
    (root / "src" / "bienveille" / "__init__.py").touch()
    (root / "src" / "bienveille" / "__main__.py").write_text(MAIN)
    shutil.copy(LAUNCHER, root / "bienveille")
    for name in ("requirements.lock", "requirements-dev.lock", "requirements-uv.lock"):
        (root / name).write_text(f"# {name}\n")
    tools = tmp_path / "tools"
    tools.mkdir()
    write_program(tools / "uv", FAKE_UV)
    return root


def write_program(path, text):
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def environment(repository, **extra):
    return {
        "PATH": f"{repository.parent / 'tools'}:/usr/bin:/bin",
        "HOME": str(repository.parent),
        "CALLS": str(repository.parent / "calls"),
        "REAL_PYTHON": sys.executable,
        "BIENVEILLE_PYTHON": sys.executable,
        "LC_ALL": "C.UTF-8",
        **extra,
    }


def launch(repository, *arguments, cwd=None, program=None, **extra):
    return subprocess.run(
        [str(program or repository / "bienveille"), *arguments],
        cwd=cwd or repository,
        env=environment(repository, **extra),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def calls(repository):
    record = repository.parent / "calls"
    return record.read_text().splitlines() if record.exists() else []


def syncs(repository):
    return [line.removeprefix("sync ") for line in calls(repository) if line.startswith("sync ")]


def test_the_first_start_prepares_and_the_second_does_not(repository):
    first = launch(repository, "migrate")
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("hello ['migrate']")
    assert first.stderr.startswith("Mise en place de Bienveille")
    second = launch(repository, "migrate")
    assert (second.returncode, second.stderr) == (0, "")
    assert syncs(repository) == ["requirements.lock"]


def test_it_works_from_anywhere_and_through_a_link(repository, tmp_path):
    link = tmp_path / "raccourci"
    link.symlink_to(Path("un dépôt") / "bienveille")
    done = launch(repository, "import", "a b.csv", "--x=é", cwd=tmp_path, program=link)
    assert done.stdout == f"hello ['import', 'a b.csv', '--x=é'] {repository} {tmp_path}\n"


def test_tools_called_by_hand_find_the_package(repository):
    """`.venv/bin/lint-imports` reads the sources without PYTHONPATH, even once the repository has been moved."""
    site = repository / ".venv" / "lib" / "python3.13" / "site-packages"
    launch(repository, "check")
    site.mkdir(parents=True)
    launch(repository, "check")
    assert (site / "bienveille.pth").read_text() == f"{repository}/src\n"
    moved = repository.rename(repository.with_name("ailleurs"))
    launch(moved, "check")
    assert (moved / site.relative_to(repository) / "bienveille.pth").read_text() == f"{moved}/src\n"


def test_a_changed_lock_is_installed(repository):
    launch(repository, "migrate")
    (repository / "requirements.lock").write_text("# newer\n")
    launch(repository, "migrate")
    assert syncs(repository) == ["requirements.lock"] * 2


def test_tools_of_the_tests_come_when_needed_and_stay(repository):
    for command in ("migrate", "check", "migrate", "test", "bench"):
        launch(repository, command)
    assert syncs(repository) == ["requirements.lock", "requirements-dev.lock"]


def test_an_environment_that_no_longer_runs_is_made_again(repository):
    launch(repository, "migrate")
    python = repository / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nonexistent/python")
    done = launch(repository, "migrate")
    assert done.returncode == 0
    assert len([line for line in calls(repository) if line.startswith("venv")]) == 2


@pytest.mark.parametrize(
    ("complaint", "sentence"),
    [
        ("dns error: failed to lookup address information", "le réseau ne répond pas"),
        ("Failed to fetch: `https://pypi.example/simple/django/`", "le réseau ne répond pas"),
        ("failed to write file: No space left on device (os error 28)", "le disque est plein"),
        ("Hash mismatch for `django==6.1`", "n’est pas celui attendu"),
        ("Read-only file system (os error 30)", "impossible d’écrire"),
        ("something unheard of", "something unheard of"),
    ],
)
def test_a_failure_is_explained_and_tried_again_next_time(repository, complaint, sentence):
    failed = launch(repository, "migrate", COMPLAINT=complaint)
    assert failed.returncode == 1
    assert failed.stdout == ""
    assert sentence in failed.stderr
    assert "var/log/setup.log" in failed.stderr or "disque est plein" in failed.stderr
    assert launch(repository, "migrate").returncode == 0
    assert len(syncs(repository)) == 2


def test_a_python_that_does_not_run_is_passed_over(repository, tmp_path):
    write_program(tmp_path / "tools" / "python3.13", "#!/bin/sh\necho 'pyenv: command not found' >&2\nexit 127\n")
    versions = tmp_path / ".pyenv" / "versions" / "3.13.9" / "bin"
    versions.mkdir(parents=True)
    write_program(versions / "python", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    done = launch(repository, "migrate", BIENVEILLE_PYTHON="")
    assert done.returncode == 0, done.stderr
    assert str(versions / "python") in calls(repository)[0]


@pytest.mark.skipif(
    any(Path(folder, f"python3.{n}").exists() for folder in ("/usr/bin", "/usr/local/bin") for n in (12, 13, 14)),
    reason="this system has a recent Python of its own, which the launcher would rightly find",
)
def test_no_python_at_all(repository, tmp_path):
    bare = tmp_path / "bare"
    bare.mkdir()
    link_tools(bare, *TOOLS, "flock")
    write_program(bare / "uv", "#!/bin/sh\n[ $1 = --version ] || { echo 'dns error' >&2; exit 2; }\n")
    done = launch(repository, "migrate", BIENVEILLE_PYTHON="", PATH=str(bare))
    assert done.returncode == 1
    assert "Aucun Python 3.12 ou plus récent" in done.stderr
    assert "le réseau ne répond pas" in done.stderr
    assert not (repository / ".venv").exists()


@pytest.mark.parametrize("with_flock", [True, False])
def test_two_starting_together_install_once(repository, tmp_path, with_flock):
    path = f"{tmp_path / 'tools'}:/usr/bin:/bin"
    if not with_flock:
        path = str(tmp_path / "tools")
        link_tools(tmp_path / "tools", *TOOLS)
    both = [
        subprocess.Popen(
            [str(repository / "bienveille"), "migrate"],
            env=environment(repository, SLOW="0.5", PATH=path),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(2)
    ]
    assert all(process.communicate()[0].startswith(b"hello") for process in both)
    assert syncs(repository) == ["requirements.lock"]


def test_a_lock_left_by_a_killed_command_is_taken_over(repository, tmp_path):
    link_tools(tmp_path / "tools", *TOOLS)
    gone = subprocess.Popen(["true"])
    gone.wait()
    (repository / "var" / "setup.lock.d").mkdir(parents=True)
    (repository / "var" / "setup.lock.d" / "owner").write_text(str(gone.pid))
    assert launch(repository, "migrate", PATH=str(tmp_path / "tools")).returncode == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_a_folder_where_one_may_not_write(repository):
    repository.chmod(0o555)
    try:
        done = launch(repository, "migrate")
    finally:
        repository.chmod(0o755)
    assert done.returncode == 1
    assert "Impossible d’écrire dans" in done.stderr
