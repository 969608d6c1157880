"""What shall become of rows: the try and the import decide it here, in the same way."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.exchange.directory import Directory, folded
from crm.exchange.drafting import Draft, Drafter
from crm.exchange.known import Entry, Known, contact_keys
from crm.exchange.models import ImportedRow, ImportJob
from crm.exchange.reading import Row
from crm.records.models import RECORDS

Outcome, Mode = ImportedRow.Outcome, ImportJob.Mode


@dataclass
class Step:
    """What shall become of one row."""

    draft: Draft
    outcome: str
    entry: Entry | None = None  # of the record that it makes, changes or means
    problem: str = ""


@dataclass
class Plan:
    """What shall become of a few rows that are kept together."""

    steps: list[Step] = field(default_factory=list)
    organisations: dict[str, tuple[Entry, Draft]] = field(default_factory=dict)  # new ones, by their folded names
    people: list[tuple[Entry, Draft]] = field(default_factory=list)  # new contacts of deals
    hints: Counter[str] = field(default_factory=Counter)

    def count(self, outcome: str) -> int:
        return sum(step.outcome == outcome for step in self.steps)


class Planner:
    """Decides row by row, and remembers what came before in the file."""

    def __init__(self, job: ImportJob, *, directory: Directory, drafter: Drafter) -> None:
        self.job, self.directory, self.drafter = job, directory, drafter
        self.known = Known(job)

    def plan(self, rows: Sequence[Row]) -> Plan:
        """Decide about the next rows."""
        plan = Plan()
        for row in rows:
            draft = self.drafter.draft(row)
            step = Step(draft, Outcome.FAULTY, problem=draft.fault) if draft.fault else self._decide(draft, plan)
            plan.steps.append(step)
            plan.hints.update(dict.fromkeys(draft.hints, 1))
            if step.outcome in (Outcome.CREATED, Outcome.UPDATED, Outcome.MERGED):
                self._note_others(draft, plan)
        self._refuse_unchangeable(plan)
        return plan

    def _decide(self, draft: Draft, plan: Plan) -> Step:
        entry = self.known.find(draft) if self.job.mode != Mode.CREATE else None
        if entry is None:
            return self._of_unknown(draft)
        if entry.draft is not None:
            return self._of_double(draft, entry, entry.draft)
        if self.job.mode == Mode.SKIP:
            return Step(draft, Outcome.SKIPPED, entry, _double(entry) if entry.row else _("This one is here already."))
        return Step(draft, Outcome.MERGED if entry.row else Outcome.UPDATED, entry)

    def _of_unknown(self, draft: Draft) -> Step:
        if self.job.mode == Mode.ONLY:
            return Step(draft, Outcome.SKIPPED, problem=_("This one is not here yet."))
        entry = Entry(draft=draft, row=draft.number)
        self.known.add(draft, entry)
        return Step(draft, Outcome.CREATED, entry)

    def _of_double(self, draft: Draft, entry: Entry, first: Draft) -> Step:
        """A row that means the same as one above it which is not saved yet."""
        if self.job.mode == Mode.SKIP:
            return Step(draft, Outcome.SKIPPED, entry, _double(entry))
        _merge(first, draft, fills_only=self.job.fills_only)
        self.known.add(draft, entry)
        return Step(draft, Outcome.MERGED, entry, _double(entry))

    def _note_others(self, draft: Draft, plan: Plan) -> None:
        """The organisation and the contact that a row names, where they are new."""
        if draft.organisation and self.job.kind != ImportJob.Kind.LEAD and self.known.organisation(draft.organisation) is None:
            entry = Entry(draft=draft, row=draft.number)
            self.known.organisations[folded(draft.organisation)] = entry
            plan.organisations[folded(draft.organisation)] = (entry, draft)
        if draft.of_person.get("name") and self.known.person(draft) is None:
            entry = Entry(draft=draft, row=draft.number)
            self.known.people |= dict.fromkeys(contact_keys(draft), entry)
            plan.people.append((entry, draft))

    def _refuse_unchangeable(self, plan: Plan) -> None:
        """Others' records that the user sees but may not change stay as they are."""
        wanted = {step.entry.pk for step in plan.steps if step.outcome == Outcome.UPDATED and step.entry and step.entry.pk}
        if not wanted or self.job.owner.may(Permission.CHANGE_OTHERS):
            return
        allowed = changeable(str(self.job.kind), wanted, self.job.owner)
        for step in plan.steps:
            if step.outcome == Outcome.UPDATED and step.entry and step.entry.pk not in allowed:
                step.outcome, step.problem = Outcome.FAULTY, _("It belongs to somebody else, and your role may not change it.")


def changeable(kind: str, pks: set[int], user: User) -> set[int]:
    """Those among the records that the user may change."""
    return set(RECORDS[kind].objects.changeable_by(user).filter(pk__in=pks).values_list("pk", flat=True))


def _double(entry: Entry) -> str:
    return _("It is the same as row %(number)d.") % {"number": entry.row}


def _merge(first: Draft, later: Draft, *, fills_only: bool) -> None:
    """Put what a later row says to an earlier one: lists are joined, nothing is emptied."""
    for key, value in later.values.items():
        before = first.values.get(key)
        if isinstance(value, list):
            first.values[key] = list(dict.fromkeys([*(before or []), *value]))
        elif before in (None, "") or not fills_only:
            first.values[key] = value
    first.organisation = first.organisation if first.organisation and (fills_only or not later.organisation) else later.organisation
    first.note = "\n\n".join(dict.fromkeys(part for part in (first.note, later.note) if part))
