"""The chained audit log: whatever somebody with every right over the database does to it, verification says so (G33)."""

import random
from datetime import timedelta

import pytest
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from tests.accounts.factories import UserFactory

from bienveille.faces.cli import audit as command
from bienveille.register.accounts import operations, queries, rules
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import AuditEntry, AuditSeal

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture(autouse=True)
def _heads(settings, tmp_path):
    settings.AUDIT_HEADS = str(tmp_path / "heads.txt")


def read(times: int, actor=None) -> None:
    for rank in range(times):
        operations.record_audit(actor=actor, action=AuditAction.HOUSEHOLD_READ, reason=f"Écran {rank}")


def sealed(batches: int = 4, lines: int = 5) -> dict[int, set[str]]:
    """Lines in several seals; the heads that were published of them."""
    actor = UserFactory()
    for _ in range(batches):
        read(lines, actor)
        operations.seal_lines(now=timezone.now())
    return {seal.number: {seal.hash} for seal in AuditSeal.objects.all()}


def as_superuser(*statements: str) -> None:
    """What somebody does who owns the database: no trigger stops them."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET session_replication_role = origin")


def faults(heads=None) -> list[str]:
    return queries.verify_audit(heads or {}).faults


class TestSealing:
    def test_every_line_is_sealed_once_and_the_chain_holds(self):
        heads = sealed()
        verdict = queries.verify_audit(heads)
        assert (verdict.faults, verdict.unsealed, verdict.lines) == ([], 0, AuditEntry.objects.count())
        assert verdict.seals == 4
        assert operations.seal_lines(now=timezone.now()) == []

    def test_what_is_not_sealed_yet_is_counted(self):
        sealed()
        read(3)
        assert queries.verify_audit({}).unsealed == 3

    def test_a_long_log_makes_several_seals(self, monkeypatch):
        monkeypatch.setattr("bienveille.register.accounts.operations.audit.SEAL_HOLDS", 4)
        read(10)
        assert [seal.count for seal in operations.seal_lines(now=timezone.now())] == [4, 4, 2]
        assert faults() == []

    def test_a_number_that_a_rollback_lost_is_no_hole(self):
        read(2)
        with transaction.atomic():
            read(1)
            transaction.set_rollback(True)
        read(2)
        operations.seal_lines(now=timezone.now())
        assert faults() == []

    def test_the_database_refuses_to_rewrite_a_seal(self):
        sealed()
        for change in (AuditSeal.objects.all().delete, lambda: AuditSeal.objects.update(hash="0" * 64)):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()


@pytest.mark.django_db(transaction=True)
class TestWritersInTheMeantime:
    def test_a_line_still_being_written_holds_its_seal_back_and_nobody_else(self):
        other = connection.copy()
        read(2)
        try:
            with other.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute(
                    "INSERT INTO accounts_auditentry (action, subject_type, reason, channel, detail)"
                    " VALUES ('household.read', '', 'long import', 'job', '{}')"
                )
                read(1)  # numbered after the one that is not there yet
                assert operations.seal_lines(now=timezone.now(), patience=0.1) == []
                read(1)  # nobody who writes waits
                cursor.execute("COMMIT")
        finally:
            other.close()
        (seal,) = operations.seal_lines(now=timezone.now())
        assert seal.count == 5
        assert faults() == []


class TestRewriting:
    def test_each_way_is_named(self):
        heads = sealed()
        ids = list(AuditEntry.objects.order_by("pk").values_list("pk", flat=True))
        as_superuser(
            f"UPDATE accounts_auditentry SET reason = 'Rien' WHERE id = {ids[2]}",
            f"DELETE FROM accounts_auditentry WHERE id = {ids[7]}",
            f"UPDATE accounts_auditentry SET id = -1 WHERE id = {ids[11]}",
            f"UPDATE accounts_auditentry SET id = {ids[11]} WHERE id = {ids[12]}",
            f"UPDATE accounts_auditentry SET id = {ids[12]} WHERE id = -1",
        )
        assert faults(heads) == [
            f"Trace {ids[2]}\u00a0: modifiée depuis qu’elle a été scellée.",
            f"Trace {ids[7]}\u00a0: supprimée.",
            f"Trace {ids[11]}\u00a0: échangée avec une autre.",
            f"Trace {ids[12]}\u00a0: échangée avec une autre.",
        ]

    def test_a_line_put_in_a_hole_is_seen(self):
        read(1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('accounts_auditentry_id_seq')")
            hole = cursor.fetchone()[0]
        read(1)
        operations.seal_lines(now=timezone.now())
        as_superuser(
            "INSERT INTO accounts_auditentry (id, action, subject_type, reason, channel, detail)"
            f" VALUES ({hole}, 'household.read', '', '', 'web', '{{}}')"
        )
        assert faults() == [f"Trace {hole}\u00a0: ajoutée après coup parmi des traces scellées."]

    def test_a_line_dated_before_is_seen(self):
        sealed()
        read(1)
        late = AuditEntry.objects.latest("pk").pk
        as_superuser(f"UPDATE accounts_auditentry SET at = at - interval '3 days' WHERE id = {late}")
        assert faults() == [f"Trace {late}\u00a0: ajoutée après coup, à une date déjà scellée."]

    def test_the_end_cut_off_is_told_by_what_was_published(self):
        heads = sealed()
        first = AuditSeal.objects.get(number=4).first
        as_superuser(
            f"DELETE FROM accounts_auditentry WHERE id >= {first}", "DELETE FROM accounts_auditseal WHERE number = 4"
        )
        assert faults() == []
        assert faults(heads) == ["Fin du journal tronquée\u00a0: le sceau 4 a été publié, il n’est plus dans la base."]

    def test_a_chain_made_anew_is_told_by_what_was_published(self):
        heads = sealed()
        as_superuser(
            "UPDATE accounts_auditentry SET reason = 'Rien'", "DELETE FROM accounts_auditseal WHERE number > 0"
        )
        operations.seal_lines(now=timezone.now())
        assert faults() == []
        assert any("différent de celui qui avait été publié" in fault for fault in faults(heads))

    @pytest.mark.parametrize("seed", range(10))
    def test_a_hundred_rewritings_at_random_are_all_told(self, seed):
        """A thousand in all, each alone: lines and seals changed, taken away, added, exchanged, cut off."""
        heads, dice, missed = sealed(batches=5, lines=8), random.Random(seed), []
        ids = list(AuditEntry.objects.order_by("pk").values_list("pk", flat=True))
        for _ in range(100):
            statements = rewriting(dice, ids)
            with transaction.atomic():
                as_superuser(*statements)
                if not faults(heads):
                    missed.append(statements)
                transaction.set_rollback(True)
        assert missed == []
        assert faults(heads) == []


def rewriting(dice: random.Random, ids: list[int]) -> tuple[str, ...]:
    """One thing that a superuser may do, at random."""
    line, other = dice.sample(ids, 2)
    number = dice.randint(1, 5)
    entry, seal = "accounts_auditentry", "accounts_auditseal"
    change = dice.choice(
        (
            "reason = reason || '.'",
            "at = at + interval '1 microsecond'",
            "actor_id = NULL",
            "action = 'data.exported'",
            "subject_id = uuidv7()",
            "subject_type = 'tenants.Household'",
            "channel = 'job'",
            "detail = '{\"lignes\": 2}'",
        )
    )
    changed_seal = dice.choice(
        ("count = count + 1", "last = last + 1", "sealed_at = sealed_at + interval '1 second'", "lines = ''",
         "digest = repeat('a', 64)", "hash = repeat('b', 64)", "former = repeat('c', 64)", "kind = 'purge'")
    )  # fmt: skip
    return dice.choice(
        (
            (f"UPDATE {entry} SET {change} WHERE id = {line}",),
            (f"DELETE FROM {entry} WHERE id = {line}",),
            (f"UPDATE {entry} a SET reason = b.reason || '!' FROM {entry} b WHERE a.id = {line} AND b.id = {other}",),
            (
                f"UPDATE {entry} SET id = -5 WHERE id = {line}",
                f"UPDATE {entry} SET id = {line} WHERE id = {other}",
                f"UPDATE {entry} SET id = {other} WHERE id = -5",
            ),
            (f"DELETE FROM {entry} WHERE id >= {line}",),
            (f"UPDATE {seal} SET {changed_seal} WHERE number = {number}",),
            (f"DELETE FROM {seal} WHERE number >= {number}",),
            (f"DELETE FROM {seal} WHERE number = {number}", f"DELETE FROM {entry} WHERE id >= {line}"),
            (
                f"INSERT INTO {entry} (id, at, action, subject_type, reason, channel, detail)"
                f" VALUES ({-line}, now(), 'household.read', '', '', 'web', '{{}}')",
            ),
        )
    )


class TestTerm:
    def aged(self) -> dict[int, set[str]]:
        """Two seals of lines written thirteen months ago, then two of now."""
        read(4)
        as_superuser("UPDATE accounts_auditentry SET at = at - interval '400 days'")
        operations.seal_lines(now=NOW - timedelta(days=400))
        read(3)
        as_superuser("UPDATE accounts_auditentry SET at = at - interval '390 days' WHERE at > now() - interval '1 day'")
        operations.seal_lines(now=NOW - timedelta(days=390))
        return sealed(batches=2)

    def test_a_year_later_lines_go_and_a_seal_says_so(self):
        heads, before = self.aged(), AuditEntry.objects.count()
        assert operations.erase_lines(now=timezone.now()) == 7
        assert AuditEntry.objects.count() == before - 7
        verdict = queries.verify_audit(heads)
        assert (verdict.faults, verdict.erased) == ([], 7)
        assert bytes(AuditSeal.objects.get(number=1).lines) == b""
        assert operations.erase_lines(now=timezone.now()) == 0
        read(2)
        operations.seal_lines(now=timezone.now())
        assert faults(heads) == []

    def test_what_is_put_back_after_its_term_is_seen(self):
        heads = self.aged()
        gone = AuditEntry.objects.order_by("pk").first().pk
        operations.erase_lines(now=timezone.now())
        as_superuser(
            "INSERT INTO accounts_auditentry (id, action, subject_type, reason, channel, detail)"
            f" VALUES ({gone}, 'household.read', '', '', 'web', '{{}}')"
        )
        assert faults(heads) == [f"Trace {gone}\u00a0: ajoutée après l’effacement des traces de ce sceau."]

    def test_erasing_without_saying_so_is_seen(self):
        heads = self.aged()
        as_superuser(
            "DELETE FROM accounts_auditentry WHERE at < now() - interval '1 year'",
            "UPDATE accounts_auditseal SET lines = '' WHERE number <= 2",
        )
        assert len(faults(heads)) == 2

    def test_the_database_refuses_to_erase_what_is_recent_even_to_who_says_it_is_the_term(self):
        read(1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('bienveille.erasing_audit', 'on', true)")
        with pytest.raises(DatabaseError), transaction.atomic():
            AuditEntry.objects.all().delete()
        assert AuditEntry.objects.count() == 1


class TestPublishing:
    def test_the_job_seals_and_publishes_and_the_command_compares(self, capsys):
        read(3)
        assert operations.seal_audit() == 1
        assert operations.seal_audit() == 0
        assert command.run(arguments("verify")) == 0
        assert "Le journal est intact." in capsys.readouterr().out
        as_superuser("UPDATE accounts_auditentry SET reason = 'Rien'", "DELETE FROM accounts_auditseal")
        operations.seal_lines(now=timezone.now())
        assert command.run(arguments("verify")) == 1
        assert "Le journal a été récrit." in capsys.readouterr().out

    def test_head_seals_what_is_left_and_is_taken_back_by_verify(self, capsys):
        read(1)
        assert command.run(arguments("head")) == 0
        head = capsys.readouterr().out.strip()
        assert command.run(arguments("verify", "--head", head)) == 0
        number, _, known = head.partition(":")
        assert command.run(arguments("verify", "--head", f"{number}:{known[::-1]}")) == 1

    def test_what_is_no_head_is_refused(self):
        with pytest.raises(command.NotAHead):
            command.run(arguments("verify", "--head", "sceau"))

    def test_the_head_leaves_by_mail_when_somebody_keeps_it(self, settings):
        read(1)
        operations.seal_audit()
        assert operations.mail_audit_head() == 0
        settings.AUDIT_HEAD_TO = "garde@bailleur.example"
        assert operations.mail_audit_head() == 1
        assert AuditSeal.objects.get().hash in mail.outbox[-1].body


def arguments(*words: str):
    from bienveille.faces.cli.french import Parser

    parser = Parser(prog="bienveille audit")
    command.add_arguments(parser)
    return parser.parse_args(words)


class TestRules:
    def test_lines_that_nobody_packed_are_refused(self):
        with pytest.raises(ValueError, match="not sealed lines"):
            rules.unpack_lines(b"abc")
        assert rules.unpack_lines(rules.pack_lines([(3, b"x" * 32)])) == {3: b"x" * 32}
