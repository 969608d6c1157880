"""Writing what was planned for a few rows, in the transaction that the caller began."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.db.models import Max
from django.utils.translation import gettext as _

from crm.accounts.models import User, company
from crm.consent import importing, ledger
from crm.consent.models import Consent
from crm.exchange import targets, updating
from crm.exchange.directory import Directory
from crm.exchange.drafting import Draft
from crm.exchange.known import Entry, Known
from crm.exchange.models import ImportedRow, ImportJob
from crm.exchange.planning import Plan, Step
from crm.records import contacts
from crm.records.fields import bulk
from crm.records.fields.values import Money
from crm.records.models import RECORDS, Deal, Lead, Note, Organisation, Person, Pipeline, Stage
from crm.records.sentences import say

Outcome = ImportedRow.Outcome
KEPT: Final = (Outcome.CREATED, Outcome.UPDATED, Outcome.MERGED)


class Keeper:
    """Writes the rows of one job as its owner."""

    def __init__(self, job: ImportJob, directory: Directory, known: Known, *, now: datetime) -> None:
        self.job, self.kind, self.user, self.now = job, str(job.kind), job.owner, now
        self.directory, self.known, self.fields = directory, known, targets.fields(str(job.kind))
        self.currency = company().currency
        self.sentence = say("imported", name=job.name)

    def keep(self, plan: Plan) -> int:
        """Write all of it; answers how many entries of consent came to the ledger."""
        self.directory.make_new()
        updates = [step for step in plan.steps if step.outcome in (Outcome.UPDATED, Outcome.MERGED) and step.entry and step.entry.pk]
        self._add_organisations(plan)
        self._add_people(plan)
        self._add_records([step for step in plan.steps if step.outcome == Outcome.CREATED])
        updating.update_all(self, updates)
        self._add_notes(plan)
        said = self._add_consent(plan)
        ImportedRow.objects.bulk_create(self._line(step) for step in plan.steps)
        return said

    def values_of(self, draft: Draft) -> dict[str, Any]:
        """The values of a draft with rows instead of names."""
        values = {key: self.directory.saved(self.fields[key], value) for key, value in draft.values.items() if key in self.fields}
        if self.kind in ("person", "deal") and draft.organisation:
            values["organisation"] = self.organisation_of(draft)
        if self.kind == "deal" and draft.of_person.get("name"):
            entry = self.known.person(draft)
            values["person"] = Person(pk=entry.pk, name=draft.of_person["name"]) if entry else None
        return values

    def organisation_of(self, draft: Draft) -> Organisation | None:
        entry = self.known.organisation(draft.organisation) if draft.organisation else None
        return Organisation(pk=entry.pk, name=draft.organisation) if entry and entry.pk else None

    def _owner(self, draft: Draft) -> User:
        owner: User = draft.values.get("owner") or self.user
        return owner

    def _add_organisations(self, plan: Plan) -> None:
        entries, additions = [], []
        for entry, draft in plan.organisations.values():
            emails = draft.values.get("emails") or draft.of_person.get("emails") or []
            domain = contacts.company_domain(emails[0].value) if emails else ""
            values = {"domain": domain, **draft.of_organisation, "name": draft.organisation, "owner": self._owner(draft)}
            additions.append((self.new(Organisation), values))
            entries.append(entry)
        self._save("organisation", entries, additions)

    def _add_people(self, plan: Plan) -> None:
        entries, additions = [], []
        for entry, draft in plan.people:
            values = {**draft.of_person, "organisation": self.organisation_of(draft), "owner": self._owner(draft)}
            additions.append((self.new(Person), values))
            entries.append(entry)
        self._save("person", entries, additions)

    def _add_records(self, steps: list[Step]) -> None:
        entries, additions = [], []
        for step in steps:
            record = MAKERS[self.kind](self, step.draft)
            additions.append((record, {"owner": self.user, **self.values_of(step.draft)}))
            assert step.entry is not None
            entries.append(step.entry)
        if self.kind == "deal":
            _place([record for record, _values in additions])
        self._save(self.kind, entries, additions)

    def new(self, model: Any, created_at: datetime | None = None) -> Any:
        return model(owner=self.user, visibility=self.user.default_visibility, created_at=created_at or self.now)

    def _save(self, kind: str, entries: list[Entry], additions: list[tuple[Any, dict[str, Any]]]) -> None:
        if not additions:
            return
        additions = [(record, {key: self._in_currency(value) for key, value in values.items()}) for record, values in additions]
        records = bulk.add_all(kind=kind, additions=additions, actor=self.user, sentence=self.sentence, now=self.now)
        for entry, record in zip(entries, records, strict=True):
            entry.pk, entry.draft = record.pk, None

    def _in_currency(self, value: Any) -> Any:
        """An amount that came without a currency is in the company's."""
        return value._replace(currency=value.currency or self.currency) if isinstance(value, Money) else value

    def _add_notes(self, plan: Plan) -> None:
        """Notes are added to what is written already; the same one is not added twice."""
        wanted: dict[int, list[str]] = defaultdict(list)
        for step in plan.steps:
            if step.draft.note and step.outcome in KEPT and step.entry and step.entry.pk:
                wanted[step.entry.pk].append(step.draft.note)
        there = set(Note.objects.filter(**{f"{self.kind}__in": list(wanted)}).values_list(f"{self.kind}_id", "text"))
        Note.objects.bulk_create(
            Note(author=self.user, text=text, created_at=self.now, **{f"{self.kind}_id": pk})
            for pk, texts in wanted.items()
            for text in dict.fromkeys(texts)
            if (pk, text) not in there
        )

    def _add_consent(self, plan: Plan) -> int:
        """Into the ledger goes what it does not say already; what recipients refused themselves only they can grant again."""
        rows = [
            importing.Row(step.draft.number, (), step.draft.saying) for step in plan.steps if step.outcome in KEPT and step.draft.saying
        ]
        if not rows:
            return 0
        tried = list(importing.tried(rows))
        plan.hints.update(_("Consent is left out: %(problem)s") % {"problem": row.fault} for row in tried if row.fault)
        new = [row.saying for row in tried if row.saying and not row.is_known]
        return ledger.record_all(new, source=Consent.Source.IMPORT, actor=self.user)

    def _line(self, step: Step) -> ImportedRow:
        pk = step.entry.pk if step.entry else None
        return ImportedRow(job=self.job, number=step.draft.number, outcome=step.outcome, record_id=pk, problem=step.problem[:500])


def _contact(keeper: Keeper, draft: Draft) -> Any:
    return keeper.new(RECORDS[keeper.kind], draft.created_at)


def _deal(keeper: Keeper, draft: Draft) -> Deal:
    """A deal, won or lost already where the file says so."""
    deal: Deal = keeper.new(Deal, draft.created_at)
    deal.stage = draft.values.get("stage") or keeper.directory.first_stage(draft.pipeline)
    deal.currency = keeper.currency
    deal.stage_changed_at = draft.created_at or keeper.now
    if draft.status in (Deal.Status.WON, Deal.Status.LOST):
        deal.status, deal.closed_at, deal.closing_reason = draft.status, draft.closed_at or keeper.now, draft.closing_reason
    return deal


def _lead(keeper: Keeper, draft: Draft) -> Lead:
    lead: Lead = keeper.new(Lead, draft.created_at)
    lead.currency = keeper.currency
    return lead


MAKERS: Final = {"person": _contact, "organisation": _contact, "deal": _deal, "lead": _lead}


def _place(deals: Iterable[Deal]) -> None:
    """At the foot of their stages, one below the other; nobody else moves deals meanwhile."""
    by_stage: dict[int, list[Deal]] = defaultdict(list)
    for deal in deals:
        by_stage[deal.stage_id].append(deal)
    pipelines = Stage.objects.filter(pk__in=by_stage).values("pipeline")
    list(Pipeline.objects.select_for_update().filter(pk__in=pipelines).order_by("pk"))
    last = dict(Deal.objects.filter(stage__in=by_stage).order_by().values_list("stage").annotate(Max("position")))
    for stage, column in by_stage.items():
        start = last.get(stage, -1) + 1
        for position, deal in enumerate(column, start=start):
            deal.position = position
