"""Templates of mails: kept, shared, found, used, and made from a mail that somebody wrote."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from crm.accounts.models import User
from mail import addresses, body, merging
from mail.merge_fields import Subjects, values
from mail.models import Sharing, Template, TemplateFolder
from tracking.cleaning import strip_own

MAX_NAME = 100
SUGGESTED = 30
CUT_MARK = re.compile(r"\{[{%]?[^{}]*$")  # a field at the end of the first words


class NothingWritten(Exception):
    """There is nothing to make a template of: `sentence` says so."""

    def __init__(self) -> None:
        self.sentence = _("Write something first: this template would insert nothing.")
        super().__init__(self.sentence)


@dataclass(frozen=True)
class Filled:
    """A template with the fields of one mail filled in: a subject of one line and a clean body."""

    subject: str
    body_html: str


@transaction.atomic
def save(*, template: Template, name: str, subject: str, body_html: str, folder: TemplateFolder | None, sharing: str) -> Template:
    """Keep a template, new or changed. What is in it has been checked (`merging.check_text`, `merging.check_html`)."""
    template.name, template.subject = addresses.one_line(name)[:MAX_NAME], addresses.one_line(subject)
    template.body_html = clean(body_html)
    template.preview = CUT_MARK.sub("…", body.preview(body.to_text(template.body_html)))
    template.folder, template.sharing = folder, sharing
    template.save()
    return template


def clean(html: str) -> str:
    """What was written or pasted, made safe; "" when nothing stands there."""
    html = body.clean(strip_own(html))
    return "" if body.is_empty(html) else html


@transaction.atomic
def duplicate(*, template: Template, owner: User) -> Template:
    """A private copy of one's own, in the same folder if that is one's own too."""
    folder = template.folder if template.folder and template.folder.owner_id == owner.pk else None
    copy = Template(owner=owner)
    name = _("%(name)s (copy)") % {"name": template.name[: MAX_NAME - 12]}
    return save(template=copy, name=name, subject=template.subject, body_html=template.body_html, folder=folder, sharing=Sharing.NOBODY)


def from_mail(*, owner: User, name: str, subject: str, body_html: str) -> Template:
    """A private template of a mail as it was written, its fields as fields again. Raises merging.CannotFill, NothingWritten."""
    html = clean(merging.as_template(clean_with_fields(body_html)))
    if not html and not subject:
        raise NothingWritten
    merging.check_text(subject)
    merging.check_html(html)
    return save(template=Template(owner=owner), name=name, subject=subject, body_html=html, folder=None, sharing=Sharing.NOBODY)


def clean_with_fields(html: str) -> str:
    """What stands in one's composer, made safe, with the marks of its fields."""
    return body.clean(strip_own(html), keeps_fields=True)


def fill(template: Template, about: Subjects) -> Filled:
    """The template for a mail. Raises merging.CannotFill."""
    known = values(about)
    return Filled(addresses.one_line(merging.fill_text(template.subject, known)), merging.fill_html(template.body_html, known))


def count_use(*, template: Template, now: datetime) -> None:
    """It began another mail."""
    Template.objects.filter(pk=template.pk).update(used_count=F("used_count") + 1, last_used_at=now)


def suggest(user: User, typed: str) -> QuerySet[Template]:
    """The templates that fit what is typed, those used last first."""
    return Template.objects.visible_to(user).search(typed).select_related("owner").recent_first()[:SUGGESTED]


@transaction.atomic
def folder_named(*, owner: User, name: str) -> TemplateFolder:
    """The owner's folder of that name, made if there is none."""
    own = TemplateFolder.objects.filter(owner=owner)
    known = next((folder for folder in own if folder.name.casefold() == name.casefold()), None)
    return known or TemplateFolder.objects.create(owner=owner, name=name)


@dataclass
class Group:
    """The templates of one folder; of those without a folder that the user sees when `folder` is None."""

    folder: TemplateFolder | None
    templates: list[Template]


def by_folder(user: User, typed: str = "") -> list[Group]:
    """All that the user sees and that fits what is typed, grouped; those without a folder come last, and empty folders show."""
    groups = {folder.pk: Group(folder, []) for folder in TemplateFolder.objects.visible_to(user).select_related("owner")}
    loose = Group(None, [])
    for template in Template.objects.visible_to(user).search(typed).select_related("folder", "owner"):
        groups.get(template.folder_id or 0, loose).templates.append(template)
    return [group for group in (*groups.values(), loose) if group.templates or (group.folder and not typed)]
