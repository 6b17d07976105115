"""What can be done to texts: one written or copied from the library, its variants, its name, its end and its use."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from bienveille.engines.messaging.choices import Channel, TextKind
from bienveille.engines.messaging.models import Template, TemplateVersion, Text
from bienveille.engines.messaging.queries.templates import ready_texts
from bienveille.engines.messaging.rules.ready_texts import Variant, variant_key
from bienveille.engines.messaging.rules.variables import blanks, faults
from bienveille.ground.lib.names import clean_text
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit


class CannotWriteText(Refusal):
    """The text cannot be kept as it is; `field` says where the fault stands."""

    message = "Ce texte ne peut pas être enregistré."

    def __init__(self, message: str = "", *, field: str = "") -> None:
        super().__init__(message or self.message)
        self.field = field


class StaleText(Refusal):
    message = (
        "Quelqu’un d’autre a changé ce texte pendant que vous l’écriviez. Ce que vous avez écrit est gardé"
        " ci-dessous\u00a0: relisez ce qui a changé, puis enregistrez de nouveau."
    )


class TemplateRetired(Refusal):
    message = "Ce texte est retiré\u00a0: remettez-le en service pour le changer ou l’envoyer."


class TextUnfinished(Refusal):
    """Words between square brackets are still to be written."""

    def __init__(self, left: Iterable[str]) -> None:
        super().__init__(
            f"Ce texte n’est pas complet. Il reste à écrire\u00a0: {' ; '.join(left)}.".replace(" ;", "\u00a0;")
        )


@transaction.atomic
def create_template(*, actor: User, name: str, use: str, kind: str, now: datetime) -> Template:
    """Open a text under a name, without words yet. Refuses a name that another text in use bears."""
    return _create(actor=actor, name=name, use=use, kind=kind, ready_text="", variants=[], now=now)


@transaction.atomic
def copy_ready_text(*, actor: User, slug: str, now: datetime) -> Template:
    """Take a text of the library, in all its variants, to complete and send it.

    The copy is ours: another release of the library changes nothing in it. Asked twice, the second copy gets a number.
    """
    ready = ready_texts()[slug]
    return _create(
        actor=actor,
        name=_free_name(ready.name),
        use=ready.use,
        kind=ready.kind,
        ready_text=slug,
        variants=ready.variants,
        now=now,
    )


@transaction.atomic
def describe_template(*, actor: User, template_id: UUID, name: str, use: str, kind: str) -> Template:
    """Change a text's name, use or kind; its words stay. Refuses a name that another text in use bears."""
    template = _locked(template_id)
    template.name, template.use, template.kind = _name(name, besides=template.pk), clean_text(use)[:300], kind
    template.save(update_fields=["name", "use", "kind"])
    _audit(actor, template, "described")
    return template


@transaction.atomic
def write_text(
    *,
    actor: User,
    template_id: UUID,
    revision: int,
    channel: str,
    language: str,
    easy: bool,
    subject: str,
    body: str,
    now: datetime,
) -> TemplateVersion:
    """Write or change one variant; a version that a message used stays as it was, and a new one begins.

    `revision`: the one that the page showed. Refuses a variable that does not exist, an empty text, a retired one, and
    a page that somebody else's change made old. The same words again change nothing.
    """
    template = _locked(template_id)
    subject = "" if channel == Channel.SMS else clean_text(subject)[:150]
    body = body.replace("\r\n", "\n").strip()
    for field, written in (("subject", subject), ("body", body)):
        if not written and not (field == "subject" and channel == Channel.SMS):
            raise CannotWriteText("Écrivez le texte." if field == "body" else "Écrivez le titre.", field=field)
        wrong = faults(written)
        if wrong:
            raise CannotWriteText(" ".join(one.sentence for one in wrong), field=field)
    version = _open_version(template, revision, actor, now)
    found = version.texts.filter(channel=channel, language=language, easy=easy).first()
    if found and (found.subject, found.body) == (subject, body):
        return version
    version = _writable(version, actor, now)
    Text.objects.update_or_create(
        version=version, channel=channel, language=language, easy=easy, defaults={"subject": subject, "body": body}
    )
    _touch(version, now)
    _audit(actor, template, "written", version=version.number, variant=variant_key(channel, language, easy))
    return version


@transaction.atomic
def remove_text(
    *, actor: User, template_id: UUID, revision: int, channel: str, language: str, easy: bool, now: datetime
) -> TemplateVersion:
    """Take one variant out of what will be sent from now on; what was sent keeps it. Nothing the second time."""
    template = _locked(template_id)
    version = _open_version(template, revision, actor, now)
    if not version.texts.filter(channel=channel, language=language, easy=easy).exists():
        return version
    version = _writable(version, actor, now)
    version.texts.filter(channel=channel, language=language, easy=easy).delete()
    _touch(version, now)
    _audit(actor, template, "removed", version=version.number, variant=variant_key(channel, language, easy))
    return version


@transaction.atomic
def retire_template(*, actor: User, template_id: UUID, now: datetime) -> Template:
    """No new mailing may use it; those that did keep their words. Nothing the second time."""
    template = Template.objects.select_for_update().get(pk=template_id)
    if template.retired_on is None:
        template.retired_on = now.date()
        template.save(update_fields=["retired_on"])
        _audit(actor, template, "retired")
    return template


@transaction.atomic
def restore_template(*, actor: User, template_id: UUID) -> Template:
    """Put a retired text back; under a number when its name was taken since. Nothing the second time."""
    template = Template.objects.select_for_update().get(pk=template_id)
    if template.retired_on is not None:
        template.retired_on, template.name = None, _free_name(template.name)
        template.save(update_fields=["retired_on", "name"])
        _audit(actor, template, "restored")
    return template


@transaction.atomic
def use_version(*, version_id: UUID, now: datetime) -> TemplateVersion:
    """Say that a message takes this version: from now on nothing changes it. Harmless twice.

    Refuses a text that is retired, or that has blanks left to write.
    """
    version = TemplateVersion.objects.select_for_update(of=["self"]).select_related("template").get(pk=version_id)
    if version.used_at is None:
        if version.template.retired_on is not None:
            raise TemplateRetired
        left = [blank for text in version.texts.order_by("pk") for blank in blanks(f"{text.subject}\n{text.body}")]
        if left:
            raise TextUnfinished(dict.fromkeys(left))
        version.used_at = now
        version.save(update_fields=["used_at"])
    return version


def _create(
    *, actor: User, name: str, use: str, kind: str, ready_text: str, variants: Iterable[Variant], now: datetime
) -> Template:
    if kind not in TextKind.values:
        raise CannotWriteText("Choisissez de quoi parle ce texte.", field="kind")
    template = Template.objects.create(
        name=_name(name),
        use=clean_text(use)[:300],
        kind=kind,
        ready_text=ready_text,
        created_by=actor,
        created_at=now,
    )
    version = TemplateVersion.objects.create(template=template, number=1, made_by=actor, made_at=now, changed_at=now)
    Text.objects.bulk_create(
        Text(
            version=version,
            channel=one.channel,
            language=one.language,
            easy=one.easy,
            subject=one.subject,
            body=one.body,
        )
        for one in variants
    )
    _audit(actor, template, "created", ready_text=ready_text)
    return template


def _name(name: str, besides: UUID | None = None) -> str:
    name = clean_text(name)[:120]
    if not name:
        raise CannotWriteText("Donnez un nom à ce texte.", field="name")
    others = Template.objects.filter(name=name, retired_on=None)
    if (others.exclude(pk=besides) if besides else others).exists():
        raise CannotWriteText("Un autre texte porte déjà ce nom.", field="name")
    return name


def _free_name(name: str) -> str:
    name = clean_text(name)  # as it is kept: a no-break space becomes a space
    taken = set(Template.objects.filter(name__startswith=name, retired_on=None).values_list("name", flat=True))
    wanted, number = name, 1
    while wanted in taken:
        number += 1
        wanted = f"{name} ({number})"
    return wanted


def _locked(template_id: UUID) -> Template:
    template = Template.objects.select_for_update().get(pk=template_id)
    if template.retired_on is not None:
        raise TemplateRetired
    return template


def _open_version(template: Template, revision: int, actor: User, now: datetime) -> TemplateVersion:
    version = template.versions.order_by("-number").first()
    if version is None:
        raise TemplateVersion.DoesNotExist
    if version.revision != revision:
        raise StaleText
    return version


def _writable(version: TemplateVersion, actor: User, now: datetime) -> TemplateVersion:
    """The version itself while nothing used it, else a new one with the same texts; its lock is the template's."""
    locked = TemplateVersion.objects.select_for_update().get(pk=version.pk)
    if locked.used_at is None:
        return locked
    new = TemplateVersion.objects.create(
        template_id=version.template_id,
        number=version.number + 1,
        revision=version.revision,
        made_by=actor,
        made_at=now,
        changed_at=now,
    )
    texts = list(version.texts.all())
    for one in texts:
        one.pk, one.version = Text().pk, new
    Text.objects.bulk_create(texts)
    return new


def _touch(version: TemplateVersion, now: datetime) -> None:
    version.revision += 1
    version.changed_at = now
    version.save(update_fields=["revision", "changed_at"])


def _audit(actor: User, template: Template, did: str, **detail: object) -> None:
    record_audit(actor=actor, action=AuditAction.MESSAGE_CHANGED, subject=template, detail={"did": did, **detail})
