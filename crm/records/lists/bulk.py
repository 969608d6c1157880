"""Changing many records at once: chosen, looked at before, started, gone on with, undone.

The items are the queue and a lease says who works on it: a worker that is killed loses nothing, the next one goes on.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import translation

from crm.accounts import audit
from crm.accounts.models import User
from crm.accounts.permissions import Permission
from crm.records.lists import changing, kept, looking
from crm.records.lists.changing import Left, Wish
from crm.records.models import RECORDS, BulkChange, BulkItem
from crm.records.pipeline import CannotMove

AT_ONCE = 200  # rows; more go to the worker
CHUNK = 200  # rows of one transaction
MOST_PICKED = 500  # rows that one can tick
COUNTED = 2000  # rows that a preview reads; of more it says "up to"
SHOWN = 10
LEASE = timedelta(seconds=90)
REMEMBERED = timedelta(days=90)  # so long a change can be undone
State, ItemState, Reason = BulkChange.State, BulkItem.State, BulkItem.Reason


class CannotChange(Exception):
    """The change was begun already, or is not to be undone."""


def begin(*, kind: str, verb: str, selection: Mapping[str, Any], field: str, next: str, actor: User, now: datetime) -> BulkChange:
    """Keep a selection for a change that is still to be chosen; archive and deletion need no more."""
    is_ready = verb in (BulkChange.Verb.ARCHIVE, BulkChange.Verb.RESTORE, BulkChange.Verb.DELETE)
    bulk: BulkChange = BulkChange.objects.create(
        actor=actor, kind=kind, verb=verb, selection=dict(selection), field=field, next=next[:4000], is_ready=is_ready, created_at=now
    )
    return bulk


def choose(*, bulk: BulkChange, field: str, value: Any) -> bool:
    """Keep what is to be done; answers whether that can still be chosen."""
    return bool(BulkChange.objects.filter(pk=bulk.pk, state=State.CHOSEN).update(field=field, value=value, is_ready=True))


def may(user: User, verb: str) -> bool:
    """Whether somebody may change many records in this way."""
    return user.may(Permission.BULK_EDIT) and (verb != BulkChange.Verb.DELETE or user.may(Permission.DELETE))


def selected(bulk: BulkChange, now: datetime) -> QuerySet[Any, Any]:
    """The records that were chosen, of what the actor sees."""
    if "pks" in bulk.selection:
        picked: QuerySet[Any, Any] = RECORDS[bulk.kind].objects.visible_to(bulk.actor).filter(pk__in=bulk.selection["pks"])
        return picked
    return looking.look({"list": looking.ALL, **bulk.selection}, kind=bulk.kind, user=bulk.actor, now=now).records()


@dataclass
class Preview:
    """What a change would do."""

    total: int
    changing: int = 0
    is_exact: bool = True
    left: dict[str, int] = field(default_factory=dict)  # Reason → how many
    rows: list[tuple[Any, str, str]] = field(default_factory=list)  # record, before, after

    @property
    def reasons(self) -> list[tuple[int, str]]:
        return [(count, str(Reason(reason).label)) for reason, count in self.left.items() if count]


def preview(bulk: BulkChange, now: datetime) -> Preview:
    """Count what would change and why the rest would not, with the first rows as they would be."""
    chosen = selected(bulk, now)
    mine = RECORDS[bulk.kind].objects.changeable_by(bulk.actor).filter(pk__in=chosen.order_by().values("pk"))
    seen = Preview(total=chosen.count(), changing=mine.count())
    seen.left[Reason.NOT_YOURS] = seen.total - seen.changing
    seen.is_exact = seen.changing <= COUNTED or bulk.verb == BulkChange.Verb.DELETE
    pks = list(mine.order_by("pk").values_list("pk", flat=True)[: COUNTED if seen.is_exact else CHUNK])
    changed_field, value = changing.field_of(bulk), _value(bulk)
    for start in range(0, len(pks) if bulk.verb != BulkChange.Verb.DELETE else SHOWN, CHUNK):
        _look(bulk, seen, changed_field, value, pks[start : start + CHUNK], now)
    return seen


@transaction.atomic
def _look(bulk: BulkChange, seen: Preview, changed_field: Any, value: Any, pks: list[int], now: datetime) -> None:
    records = changing.load(bulk, pks)
    for record in (records[pk] for pk in pks if pk in records):
        try:
            wanted = changing.wish(bulk, changed_field, value, record, now)
        except Left as left:
            if seen.is_exact:
                seen.left[left.args[0]] = seen.left.get(left.args[0], 0) + 1
                seen.changing -= 1
            continue
        if len(seen.rows) < SHOWN:
            after = "" if bulk.verb == BulkChange.Verb.DELETE else changing.words_for(bulk.actor, wanted.after, changed_field)
            seen.rows.append((record, changing.words_for(bulk.actor, wanted.before, changed_field), after))


def _value(bulk: BulkChange) -> Any:
    changed_field = changing.field_of(bulk)
    return kept.decode(bulk.value, changed_field) if changed_field else None


@transaction.atomic
def start(*, bulk: BulkChange, now: datetime) -> BulkChange:
    """Put the chosen records into the queue. Raises CannotChange where that was done before."""
    current: BulkChange = BulkChange.objects.select_for_update().get(pk=bulk.pk)
    if current.state != State.CHOSEN or not current.is_ready or not may(current.actor, current.verb):
        raise CannotChange
    pks = list(selected(current, now).order_by("pk").values_list("pk", flat=True))
    items = (BulkItem(bulk=current, **{f"{current.kind}_id": pk}) for pk in pks)
    BulkItem.objects.bulk_create(items, batch_size=1000)
    current.state, current.total = State.RUNNING, len(pks)
    current.save(update_fields=["state", "total"])
    _note(current, "bulk_deleted" if current.verb == BulkChange.Verb.DELETE else "bulk_changed", len(pks))
    return current


@transaction.atomic
def undo(*, bulk: BulkChange, now: datetime) -> BulkChange:
    """Begin to give each record back what it held. Raises CannotChange where there is nothing to undo."""
    current: BulkChange = BulkChange.objects.select_for_update().get(pk=bulk.pk)
    if current.state != State.DONE or current.verb == BulkChange.Verb.DELETE or not may(current.actor, current.verb):
        raise CannotChange
    current.state = State.UNDOING
    current.save(update_fields=["state"])
    _note(current, "bulk_undone", current.changed_count)
    return current


def _note(bulk: BulkChange, action: str, count: int) -> None:
    audit.note(action, actor=bulk.actor, about=f"{RECORDS[bulk.kind]._meta.verbose_name_plural}: {changing.describe(bulk)}", count=count)


def drop_old(*, now: datetime) -> None:
    """Forget what was chosen and never done, and what was done too long ago to be undone."""
    BulkChange.objects.filter(state=State.CHOSEN, created_at__lt=now - timedelta(days=1)).delete()
    BulkChange.objects.filter(finished_at__lt=now - REMEMBERED).delete()


def go_on(pk: int, *, clock: Callable[[], datetime]) -> None:
    """Work on a change until nothing waits; does nothing where somebody else does so or nothing is to do."""
    while _claim(pk, clock()):
        if not _chunk(pk, clock()):
            return


def go_on_with_all(*, clock: Callable[[], datetime]) -> None:
    """Go on with everything that is under way and that nobody works on."""
    for pk in BulkChange.objects.filter(state__in=[State.RUNNING, State.UNDOING]).order_by("pk").values_list("pk", flat=True):
        go_on(pk, clock=clock)


def _claim(pk: int, now: datetime) -> bool:
    """Take the lease, if it is free."""
    free = BulkChange.objects.filter(Q(claimed_until=None) | Q(claimed_until__lt=now), pk=pk, state__in=[State.RUNNING, State.UNDOING])
    return bool(free.update(claimed_until=now + LEASE))


@transaction.atomic
def _chunk(pk: int, now: datetime) -> bool:
    """Change some of what waits and give the lease back; False where that was the last."""
    # locked: whoever comes when the lease has run out waits, and does not take what is under way for all that there was
    bulk: BulkChange = BulkChange.objects.select_for_update(of=("self",)).select_related("actor").get(pk=pk)
    waiting = ItemState.CHANGED if bulk.state == State.UNDOING else ItemState.WAITING
    items = list(bulk.items.filter(state=waiting).select_for_update().order_by("pk")[:CHUNK])
    if not items:
        _finish(bulk, now)
        return False
    try:
        with transaction.atomic(), translation.override(bulk.actor.language):
            done = _work(bulk, items, now)
    except (DatabaseError, CannotMove):
        done = sum(_alone(bulk, item, now) for item in items)
    _count(bulk, done, len(items) - done)
    return True


def _alone(bulk: BulkChange, item: BulkItem, now: datetime) -> int:
    """One record by itself, so that one that is refused stops no other."""
    try:
        with transaction.atomic(), translation.override(bulk.actor.language):
            return _work(bulk, [item], now)
    except (DatabaseError, CannotMove):
        _leave(bulk, [(item, Reason.REFUSED)])
        return 0


def _count(bulk: BulkChange, done: int, left: int) -> None:
    counts: dict[str, Any] = {"undone_count": F("undone_count") + done} if bulk.state == State.UNDOING else {}
    if bulk.state == State.RUNNING:
        counts = {"changed_count": F("changed_count") + done, "left_count": F("left_count") + left}
    BulkChange.objects.filter(pk=bulk.pk).update(claimed_until=None, **counts)


def _finish(bulk: BulkChange, now: datetime) -> None:
    state = State.UNDONE if bulk.state == State.UNDOING else State.DONE
    BulkChange.objects.filter(pk=bulk.pk).update(state=state, finished_at=now, claimed_until=None)


def _work(bulk: BulkChange, items: list[BulkItem], now: datetime) -> int:
    """Change, or give back; answers how many records that were."""
    changed_field = changing.field_of(bulk)
    records = changing.load(bulk, [_pk(bulk, item) for item in items])
    wishes, done, left = _sorted_out(bulk, items, records, now)
    is_deletion = bulk.verb == BulkChange.Verb.DELETE
    _leave(bulk, left)
    if is_deletion:  # with the record goes the item
        BulkItem.objects.filter(pk__in=[item.pk for item in done]).delete()
    else:
        BulkItem.objects.bulk_update(done, ["state", "before", "after"], batch_size=100)
    changing.write(wishes, field=changed_field, is_deletion=is_deletion, actor=bulk.actor, now=now)
    return len(done)


def _sorted_out(
    bulk: BulkChange, items: list[BulkItem], records: Mapping[int, Any], now: datetime
) -> tuple[list[Wish], list[BulkItem], list[tuple[BulkItem, BulkItem.Reason]]]:
    """What is to be written, with the items of that, and the items that are left with their reasons."""
    changed_field = changing.field_of(bulk)
    try:
        value = _value(bulk) if bulk.state == State.RUNNING else None
    except kept.Gone:  # what was to be set was deleted meanwhile
        return [], [], [(item, Reason.GONE) for item in items]
    wishes: list[Wish] = []
    done: list[BulkItem] = []
    left: list[tuple[BulkItem, BulkItem.Reason]] = []
    for item in items:
        record = records.get(_pk(bulk, item))
        try:
            wanted = _wanted(bulk, item, record, changed_field, value, now)
        except Left as reason:
            left.append((item, reason.args[0]))
            continue
        _tell(bulk, item, wanted, changed_field)
        wishes.append(wanted)
        done.append(item)
    return wishes, done, left


def _pk(bulk: BulkChange, item: BulkItem) -> int:
    return int(getattr(item, f"{bulk.kind}_id"))


def _wanted(bulk: BulkChange, item: BulkItem, record: Any, changed_field: Any, value: Any, now: datetime) -> Wish:
    if record is None:
        raise Left(Reason.NOT_YOURS)
    if bulk.state == State.RUNNING:
        return changing.wish(bulk, changed_field, value, record, now)
    before = changing.held(record, changed_field)
    if not changing.same(changing.encoded(before, changed_field), item.after):
        raise Left(Reason.CHANGED_SINCE)
    try:
        former = kept.decode(item.before, changed_field) if changed_field else _moment(item.before)
    except kept.Gone:
        raise Left(Reason.GONE) from None
    return Wish(record, before, former)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _tell(bulk: BulkChange, item: BulkItem, wanted: Wish, changed_field: Any) -> None:
    """Keep in the item what was found and what was written."""
    if bulk.state == State.UNDOING:
        item.state = ItemState.UNDONE
        return
    item.state = ItemState.CHANGED
    item.before, item.after = (changing.encoded(value, changed_field) for value in (wanted.before, wanted.after))


def _leave(bulk: BulkChange, left: Iterable[tuple[BulkItem, BulkItem.Reason]]) -> None:
    state = ItemState.KEPT if bulk.state == State.UNDOING else ItemState.LEFT
    items = []
    for item, reason in left:
        item.state, item.reason = state, reason
        items.append(item)
    BulkItem.objects.bulk_update(items, ["state", "reason"], batch_size=100)
