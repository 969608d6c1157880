"""Counters of mails and links, counted anew from their hits, also those of which only numbers are left. The caller holds the mails."""
# ruff: noqa: S608 - the statements are put together from the names below alone; every value is a parameter

from collections.abc import Collection

from django.db import connection

from tracking.hits import CLICK, OPEN
from tracking.verdicts import Verdict

UNDECIDED = f"is_settled AND verdict = '{Verdict.UNKNOWN.value}'"
# columns of a mail → the hits that they count
COUNTED = {
    ("open_count", "first_opened_at", "last_opened_at"): f"kind = '{OPEN}' AND counts",
    ("click_count", "first_clicked_at", "last_clicked_at"): f"kind = '{CLICK}' AND counts",
    ("loaded_count", "first_loaded_at", "last_loaded_at"): f"kind = '{OPEN}' AND is_undecided",
    ("requested_count", "first_requested_at", "last_requested_at"): f"kind = '{CLICK}' AND is_undecided",
}
WHAT = ("COALESCE(SUM(number) {which}, 0)", "MIN(first) {which}", "MAX(last) {which}")
# Each hit of some mails that is kept, and those that are not, as numbers
HITS = (
    f"SELECT mail_id, link_id, kind, counts, {UNDECIDED} AS is_undecided, 1 AS number, at AS first, at AS last "
    "FROM tracking_event WHERE mail_id IN ({marks}) UNION ALL "
    "SELECT mail_id, link_id, kind, NOT is_undecided, is_undecided, count, first_at, last_at "
    "FROM tracking_bygone WHERE mail_id IN ({marks})"
)


def recount(mail_ids: Collection[int]) -> None:
    """Set the counters of these mails and of their links to what their hits say."""
    ids = sorted(mail_ids)
    if not ids:
        return
    marks = ", ".join(["%s"] * len(ids))
    hits = HITS.format(marks=marks)
    columns = [column for triple in COUNTED for column in triple]
    sums = ", ".join(
        f"{what.format(which=f'FILTER (WHERE {which})')} AS {column}"
        for triple, which in COUNTED.items()
        for what, column in zip(WHAT, triple, strict=True)
    )
    changes = ", ".join(f"{column} = fresh.{column}" for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE tracking_trackedmail SET {changes} "
            f"FROM (SELECT mail.id, {sums} FROM tracking_trackedmail AS mail LEFT JOIN ({hits}) AS hit ON hit.mail_id = mail.id "
            f"WHERE mail.id IN ({marks}) GROUP BY mail.id) AS fresh WHERE tracking_trackedmail.id = fresh.id",
            ids * 3,
        )
        cursor.execute(
            "UPDATE tracking_trackedlink SET click_count = fresh.number, first_clicked_at = fresh.first, last_clicked_at = fresh.last "
            "FROM (SELECT link.id, COALESCE(SUM(hit.number), 0) AS number, MIN(hit.first) AS first, MAX(hit.last) AS last "
            f"FROM tracking_trackedlink AS link LEFT JOIN ({hits}) AS hit ON hit.link_id = link.id AND hit.counts "
            f"WHERE link.mail_id IN ({marks}) GROUP BY link.id) AS fresh WHERE tracking_trackedlink.id = fresh.id",
            ids * 3,
        )
