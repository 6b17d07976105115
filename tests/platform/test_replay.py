"""G28: a copy put back knows what protects people and was said since: nobody resurrected, nobody written to again."""

import json
import sys
import time
from datetime import timedelta

import pytest
from benchmarks.scratch import scratch_database
from django.db import connection, connections
from django.utils.timezone import now
from tests.accounts.factories import UserFactory
from tests.tenants.factories import HouseholdFactory, MarkFactory, RelativeFactory

from bienveille.config.replay import REPLAYED
from bienveille.engines.messaging.models import Stop
from bienveille.faces.cli import restore
from bienveille.faces.cli.main import main
from bienveille.ground.platform import backups, replay
from bienveille.register.accounts.models import Landlord, RoleGrant, User
from bienveille.register.tenants.models import Mark, Person, Relative
from bienveille.register.tenants.operations import protect_address, record_opposition, remove_mark, remove_relative

pytestmark = pytest.mark.faults


@pytest.fixture
def place(tmp_path, settings, monkeypatch):
    """A machine: its private folder, its key, its file of notes."""
    settings.VAR_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.REPLAY_LOG = str(tmp_path / "elsewhere" / "notes.log")
    monkeypatch.delenv("BACKUP_KEY", raising=False)
    monkeypatch.setenv("SECRET_KEY", "tests")
    backups.new_key(tmp_path / "backup.key")
    return tmp_path


@pytest.fixture
def landlord(place, django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), scratch_database():
        replay.ensure_triggers()
        yield place


def noted():
    with connection.cursor() as cursor:
        cursor.execute("SELECT model, facts FROM platform_replay ORDER BY id")
        return [(model, json.loads(facts) if isinstance(facts, str) else facts) for model, facts in cursor.fetchall()]


@pytest.mark.parametrize("label", sorted(REPLAYED))
def test_what_is_told_again_exists(label):
    from django.apps import apps

    model = apps.get_model(label)
    assert model._meta.pk.column == "id"
    assert all(model._meta.get_field(name).concrete for name in REPLAYED[label].columns)


def test_triggers_are_made_once_and_made_again_when_the_table_changes(landlord, monkeypatch):
    assert replay.ensure_triggers() is False
    fewer = REPLAYED | {"tenants.Mark": replay.Noted(columns=("kind",), gone=True)}
    monkeypatch.setattr(replay, "table", lambda: fewer)
    assert replay.ensure_triggers() is True
    assert replay.ensure_triggers() is False


def test_only_what_changed_is_noted(landlord):
    household = HouseholdFactory(people=[{"age": 80, "phone": True}])
    person = household.people.get()
    Person.objects.filter(pk=person.pk).update(best_time="morning", opposed_on=None)
    assert noted() == []
    today = now().date()
    record_opposition(actor=UserFactory(), person=person, on=today)
    ((model, facts),) = noted()
    assert (model, facts["opposed_on"]) == ("tenants.Person", today.isoformat())
    assert "last_name" not in facts


def test_notes_leave_the_database_sealed_and_a_cut_line_stops_nothing(landlord, settings):
    person = HouseholdFactory(people=[{"age": 80}]).people.get()
    since, key = now(), backups.read_key(landlord / "backup.key")
    Stop.objects.create(channel="sms", value="+33639980001", way="answer", since=since)
    assert replay.write_out() == 1
    Person.objects.filter(pk=person.pk).update(opposed_on=since.date())
    assert (replay.write_out(), noted()) == (1, [])
    path = landlord / "elsewhere" / "notes.log"
    assert path.stat().st_mode & 0o777 == 0o600
    assert "33639980001" not in path.read_text()
    assert len(list(replay.read_notes(path, key=key, since=since))) == 2
    assert list(replay.read_notes(path, key=key, since=now())) == []
    whole = path.read_text()
    path.write_text(whole[:-40])
    assert [model for model, _, _ in replay.read_notes(path, key=key, since=since)] == ["messaging.Stop"]
    path.write_text(whole[:60] + whole[100:])
    with pytest.raises(backups.BackupRefusal, match="ligne 1"):
        list(replay.read_notes(path, key=key, since=since))
    path.write_text(whole)
    assert replay.shorten(before=now() - timedelta(days=1)) == 0
    assert replay.shorten(before=now()) == 2


def test_without_a_key_there_is_no_copy_and_nothing_is_written(landlord):
    (landlord / "backup.key").unlink()
    Stop.objects.create(channel="sms", value="+33639980001", way="answer", since=now())
    assert replay.write_out() == 0
    assert len(noted()) == 1
    replay.shorten(before=now() - timedelta(days=1))
    assert len(noted()) == 1
    replay.shorten(before=now() + timedelta(seconds=1))
    assert noted() == []


def test_g28_drill_nobody_is_resurrected(landlord, monkeypatch, capsys):
    """The machine burns: the copy of last night and the file of notes come back on a blank one."""
    actor = UserFactory(roles=["administrator"])
    homes = [HouseholdFactory(people=[{"age": 80 + rank, "phone": True}]) for rank in range(20)]
    people = [home.people.get() for home in homes]
    relative, mark = RelativeFactory(person=people[2]), MarkFactory(person=people[3], kind="hard_of_hearing")
    leaver = UserFactory(roles=["caller"])
    Landlord.objects.update_or_create(defaults={"name": "Office du Val"})
    path, begun = landlord / "copy.age", now()
    assert main(["backup", str(path)]) == 0

    record_opposition(actor=actor, person=people[0], on=begun.date())
    protect_address(actor=actor, person=people[1], protected=True, reason="À sa demande")
    remove_relative(actor=actor, relative=relative)
    remove_mark(actor=actor, mark=mark)
    Stop.objects.create(channel="sms", value="+33639980001", way="answer", since=begun, noted_by=UserFactory())
    RoleGrant.objects.filter(user=leaver).delete()
    User.objects.filter(pk=leaver.pk).update(is_active=False)
    came_after = HouseholdFactory(people=[{"age": 90}]).people.get()
    Person.objects.filter(pk=came_after.pk).update(opposed_on=begun.date())
    assert replay.write_out() >= 8
    lost = time.monotonic()

    connections.close_all()
    with scratch_database():
        monkeypatch.setattr(restore, "_write_out", lambda: None)
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute("CREATE SCHEMA public")
        assert main(["restore", str(path)]) == 0
        told = capsys.readouterr().out
        assert "qui protègent quelqu’un" in told
        assert Person.objects.get(pk=people[0].pk).opposed_on == begun.date()
        assert Person.objects.get(pk=people[1].pk).protected_address
        assert not Relative.objects.filter(pk=relative.pk).exists()
        assert not Mark.objects.filter(pk=mark.pk).exists()
        assert Stop.objects.get().noted_by is None
        assert not RoleGrant.objects.filter(user=leaver.pk).exists()
        assert not User.objects.get(pk=leaver.pk).is_active
        assert Person.objects.count() == len(people)
        took = time.monotonic() - lost
    with capsys.disabled():
        sys.stdout.write(
            f"\ndrill: RPO of what protects people 60 s, of the rest the age of the copy; RTO {took:.0f} s\n"
        )
    assert took < 3600


def test_g28_after_postgresql_went_back_by_itself_the_notes_alone_are_told(landlord, settings, capsys):
    person, before = HouseholdFactory(people=[{"age": 80}]).people.get(), now()
    record_opposition(actor=UserFactory(), person=person, on=before.date())
    assert replay.write_out() == 1
    Person.objects.filter(pk=person.pk).update(opposed_on=None)  # the minute to which it went back
    assert main(["restore", "--since", before.isoformat()]) == 0
    assert "Redit\u00a0: 1 faits" in capsys.readouterr().out
    assert Person.objects.get(pk=person.pk).opposed_on == before.date()
    assert main(["restore"]) == main(["restore", "--since", "2027-03-01T09:14"]) == 4
    settings.REPLAY_LOG = str(landlord / "nowhere")
    assert main(["restore", "--since", before.isoformat()]) == 4


def test_g28_without_notes_the_command_says_what_to_enter_again(landlord, capsys):
    UserFactory()
    path = landlord / "copy.age"
    assert main(["backup", str(path)]) == 0
    Landlord.objects.all().delete() if Landlord.objects.exists() else None
    assert main(["restore", str(path), "--replace"]) == 0
    assert "d’abord les oppositions" in capsys.readouterr().out
