"""What our code never does, whatever it is given: run a text, read objects out of bytes, draw secrets by a weak chance.

Each rule names who is excused and why; an excuse that no longer serves fails.
"""

import ast

import pytest
from tests.architecture.house import imports_of, python_files, shown, tree_of

#: Modules that nobody imports, but those named.
FORBIDDEN = {
    "pickle": {}, "marshal": {}, "shelve": {}, "dill": {}, "yaml": {}, "xml": {}, "lxml": {}, "telnetlib": {}, "ftplib": {},
    "requests": {}, "httpx": {}, "urllib3": {}, "urllib.request": {}, "smtplib": {}, "jinja2": {}, "ctypes": {
        "ground/platform/processes.py": "asks the kernel to end a child with its parent",
    },
    # What leaves for elsewhere leaves by these alone, to addresses that are settings: nobody makes us ask anything.
    "http.client": {
        "engines/messaging/channels/sms_http.py": "the SMS provider of the settings",
        "faces/cli/serve.py": "whether our own server answers, on this machine",
        "ground/lib/openid.py": "the host of the ProConnect of the settings, and no other",
    },
    "socket": {
        "engines/messaging/channels/smpp.py": "the SMS provider of the settings",
        "engines/messaging/channels/smtp.py": "the mail server of the settings",
        "faces/cli/serve.py": "the port that it serves on",
        "ground/lib/openid.py": "ends a request that lasts",
    },
    "ssl": {
        "engines/messaging/channels/sms_http.py": "checks the provider's certificate",
        "engines/messaging/channels/smpp.py": "checks the provider's certificate",
        "engines/messaging/channels/smtp.py": "checks the server's certificate",
        "ground/lib/openid.py": "checks the certificate of ProConnect",
    },
    "random": {
        "faces/cli/simulation.py": "invented callers",
        "services/outreach/rules/forecast.py": "a forecast by drawing, from a seed",
    },
}  # fmt: skip
#: Names that nobody calls, but those named.
CALLS = {
    "eval": {}, "exec": {}, "compile": {}, "__import__": {}, "os.system": {}, "os.popen": {}, "hashlib.md5": {}, "hashlib.sha1": {},
    "ssl._create_unverified_context": {}, "ssl.SSLContext": {}, "Template": {}, "Engine.from_string": {}, "engine.from_string": {},
    "engines.from_string": {},
}  # fmt: skip
#: Where `format` is asked of something else than a constant: always a text of ours, by its key.
OURS_TO_FORMAT = {
    "engines/audiences/queries.py", "engines/cases/rules/referrals.py", "engines/cases/rules/referrals_register.py",
    "engines/messaging/queries/recipients.py", "faces/api/views/problems.py", "faces/workspace/views/takeovers.py",
    "faces/workspace/views/training.py", "ground/platform/replay.py", "register/imports/rules/archives.py",
    "register/imports/rules/messages.py", "services/outreach/forms/training.py", "services/outreach/operations/targets.py",
    "services/outreach/rules/templates.py",
}  # fmt: skip


def imported() -> dict[str, set[str]]:
    """Who imports each forbidden module, by the longest name that is forbidden."""
    found: dict[str, set[str]] = {name: set() for name in FORBIDDEN}
    for path in python_files():
        for module, name, _ in imports_of(path):
            full = f"{module}.{name}" if name else module
            for forbidden in FORBIDDEN:
                if full == forbidden or full.startswith(f"{forbidden}."):
                    found[forbidden].add(shown(path))
    return found


def called() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {name: set() for name in CALLS}
    for path in python_files(migrations=True):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and (name := ast.unparse(node.func)) in found:
                found[name].add(shown(path))
    return found


@pytest.mark.parametrize("module", FORBIDDEN)
def test_a_module_that_reads_or_asks_too_much_is_for_who_is_named(module):
    assert imported()[module] == set(FORBIDDEN[module])


@pytest.mark.parametrize("name", CALLS)
def test_nothing_typed_is_run_and_nothing_weak_is_called(name):
    assert called()[name] == set(CALLS[name])


def test_a_program_is_started_with_its_arguments_never_with_a_sentence():
    sentences, started = [], 0
    for path in python_files():
        for node in ast.walk(tree_of(path)):
            if not isinstance(node, ast.Call) or not ast.unparse(node.func).startswith(("subprocess.", "Popen")):
                continue
            started += 1
            first = node.args[0] if node.args else None
            texts = isinstance(first, ast.Constant | ast.JoinedStr)
            if texts or any(one.arg in ("shell", "executable") for one in node.keywords):
                sentences.append((shown(path), node.lineno))
    assert started > 5
    assert sentences == []


def test_certificates_are_always_checked():
    """No context without checks, no constant that takes them off; what asks for TLS has a name to check."""
    careless = [
        (shown(path), node.lineno)
        for path in python_files()
        for node in ast.walk(tree_of(path))
        if (isinstance(node, ast.Attribute) and node.attr in ("CERT_NONE", "check_hostname", "verify_mode"))
        or (
            isinstance(node, ast.keyword)
            and node.arg in ("verify", "check_hostname")
            and ast.unparse(node.value) == "False"
        )
    ]
    assert careless == []


def test_no_text_of_somebody_decides_of_a_format():
    """`format` is asked of constants, and in these modules of texts that stand in our own tables and files."""
    others = {
        shown(path)
        for path in python_files()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("format", "format_map")
        and not isinstance(node.func.value, ast.Constant)
        and not (isinstance(node.func.value, ast.Name) and node.func.value.id.lstrip("_").isupper())
        and ast.unparse(node.func.value) != "super()"
    }
    assert others == OURS_TO_FORMAT


def test_html_is_said_safe_by_the_components_alone():
    """`mark_safe` takes texts of ours: what is typed passes through `format_html` or a template."""
    typed = [
        (shown(path), node.lineno)
        for path in python_files()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("mark_safe")
        if not shown(path).startswith("ground/ui/templatetags/")
    ]
    assert typed == []
