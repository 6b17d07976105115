"""The units, the proxy and the recipe of docs/install.md: they ask for what exists, and are closed where they may be."""

import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
from allauth.account.adapter import get_adapter
from django.db import connection
from django.test import RequestFactory
from tests.architecture.house import ROOT

from bienveille.faces.cli.main import COMMANDS, _load

DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
CLOSED = {
    "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "PrivateDevices=yes",
    "CapabilityBoundingSet=", "UMask=0077", "User=bienveille", "RestrictSUIDSGID=yes",
}  # fmt: skip


def lines(path):
    return path.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
class TestUnits:
    def test_it_runs_a_command_that_exists(self, unit):
        (started,) = [line.partition("=")[2] for line in lines(unit) if line.startswith("ExecStart=")]
        words = shlex.split(started.replace("$$", "$"))
        words = shlex.split(words[2]) if words[:2] == ["/bin/sh", "-c"] else words
        assert words[0] == "/opt/bienveille/bienveille"
        assert words[1] in COMMANDS
        from bienveille.faces.cli.french import Parser

        parser = Parser()
        _load(words[1]).add_arguments(parser)
        parser.parse_args([re.sub(r"\$\{?PORT\}?", "8001", word) for word in words[2:]])

    def test_it_is_closed_and_of_one_landlord(self, unit):
        said = set(lines(unit))
        assert said >= CLOSED
        assert "Environment=BIENVEILLE_VAR=/var/lib/bienveille/%i" in said
        assert "EnvironmentFile=/etc/bienveille/%i" in said
        assert not [line for line in said if re.search(r"^(PermissionsStartOnly|ExecStart=\+|User=root)", line)]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not on this machine")
def test_systemd_reads_them(tmp_path):
    """Every directive is known, every value is of its kind; the program itself need not be there."""
    (tmp_path / "bienveille").write_text("#!/bin/sh\n")
    (tmp_path / "bienveille").chmod(0o755)
    for path in DEPLOY.glob("bienveille*@.*"):
        text = path.read_text(encoding="utf-8").replace("/opt/bienveille/bienveille", str(tmp_path / "bienveille"))
        (tmp_path / path.name).write_text(text.replace("User=bienveille\nGroup=bienveille\n", ""))
    names = [path.name.replace("@.", "@essai.") for path in DEPLOY.glob("bienveille*@.*")]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *(tmp_path / name for name in names)],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "bienveille" in line and "docs/install.md" not in line]
    assert ours == []


def test_the_example_names_variables_of_the_runbook():
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    units = "".join(path.read_text(encoding="utf-8") for path in UNITS)
    names = re.findall(r"^#?([A-Z_]+)=", (DEPLOY / "environment.example").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(names) > 8
    assert [name for name in names if f"`{name}`" not in runbook and f"${name}" not in units.replace("{", "")] == []


def test_the_proxy_says_what_the_application_counts_on():
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    for block in re.findall(r"location [^{]+\{[^}]*proxy_pass[^}]*\}", text):
        assert "proxy_set_header Host $host;" in block
        assert "proxy_set_header X-Forwarded-Proto $scheme;" in block
        assert "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;" in block
    assert text.count("access_log off;") == text.count("server {")
    assert text.count("{") == text.count("}")


def test_the_proxy_speaks_strong_tls_only_and_leads_no_program_to_it():
    """TLS 1.2 with keys of one session and authenticated encryption, TLS 1.3; in clear, a program is refused."""
    secure, _, clear = (DEPLOY / "nginx.conf").read_text(encoding="utf-8").partition("listen 80;")
    assert re.findall(r"ssl_protocols (.*);", secure) == ["TLSv1.2 TLSv1.3"]
    (ciphers,) = re.findall(r"ssl_ciphers (.*);", secure)
    assert [
        name
        for name in ciphers.split(":")
        if not re.fullmatch(r"ECDHE-\w+-(AES\d+-GCM-SHA\d+|CHACHA20-POLY1305)", name)
    ] == []
    places = dict(re.findall(r"location (\S+) \{ return ([^;]+);", clear))
    assert places == {"/api/": "403", "/fournisseurs/": "403", "/": "301 https://$host$request_uri"}
    assert "proxy_pass" not in clear


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),  # nobody in front: what the browser says of itself is not believed
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.7, 203.0.113.9", "203.0.113.9"),  # what the proxy saw, not what it was told
        (1, None, "127.0.0.1"),
        (2, "198.51.100.7, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
    ],
)
def test_who_asks_is_known_by_the_address_that_the_proxy_saw(settings, proxies, forwarded, address):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    request = RequestFactory().get("/", headers={"x-forwarded-for": forwarded} if forwarded else {})
    assert get_adapter(request).get_client_ip(request) == address


@pytest.mark.django_db
def test_check_deploy_finds_nothing():
    """Every check that Django has for production, models and database included, under the settings of a site with TLS."""
    place = connection.settings_dict
    done = subprocess.run(
        [
            sys.executable, "-m", "bienveille", "manage", "check", "--deploy", "--fail-level", "WARNING",
            "--database", "default",
        ],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "bienveille.config.settings",
            "DATABASE_URL": f"postgresql://{place['USER']}@/{place['NAME']}?host={place['HOST']}",
            "PUBLIC_URL": "https://bienveille.bailleur.example",
            "EMAIL_HOST": "smtp.bailleur.example",
            "PYTHONPATH": str(ROOT / "src"),
            "NOTES_KEY": "Q2Ugbidlc3QgcXUndW5lIGNsw6kgZOKAmWVzc2FpLiE=",
            "SECRET_KEY": "une clé bien assez longue, faite pour un essai et pour rien d’autre, de soixante signes",
        },
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
