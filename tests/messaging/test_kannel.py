"""SMS by SMPP to the centre that Kannel's makers test their own gateway with (Debian: kannel-extras), where it is."""

import shutil
import socket
import subprocess
import time
from pathlib import Path
from uuid import uuid4

import pytest

from bienveille.engines.messaging.channels import Outcome, Outgoing
from bienveille.engines.messaging.channels.smpp import SmppSender

DRIVE = shutil.which("drive_smpp", path="/usr/lib/kannel/test") or ""


@pytest.fixture
def kannel(tmp_path):
    """Its port, and what it logs of each PDU that it read."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = tmp_path / "kannel.log"
    run = [DRIVE, "-v", "0", "-l", str(log), "-p", str(port), "-m", "1"]
    process = subprocess.Popen(run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield port, log
    process.kill()
    process.wait()


def waited(read, *, until):
    for _ in range(200):
        if until(found := read()):
            return found
        time.sleep(0.05)
    return read()


@pytest.mark.skipif(not DRIVE, reason="kannel-extras is not installed")
def test_its_centre_reads_every_part(kannel):
    port, log = kannel

    def read():
        return Path(log).read_text(errors="replace") if Path(log).exists() else ""

    waited(read, until=lambda text: "accept_thread" in text)
    texts = ("Coupure d'eau lundi", "x" * 200, "Bâtiment fermé, l’ascenseur est arrêté")
    batch = [Outgoing(key=uuid4(), to="+33639980001", subject="", text=text) for text in texts]
    out = SmppSender(port=port, host="127.0.0.1", sender="36180", window=1, system_id="foo", password="bar")

    assert [one.outcome for one in out.send(batch)] == [Outcome.SENT] * 3

    said = waited(read, until=lambda text: "type unbind" in text)
    assert "short_message = <Coupure d'eau lundi>" in said
    assert said.count("PDU of type submit_sm") == 4, "a text of two hundred letters takes two"
    assert "type unbind" in said
