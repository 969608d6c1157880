"""Counters of mails and links, counted anew from their events. The caller holds the mails locked."""
# ruff: noqa: S608 - the statements are put together from the names below alone; every value is a parameter

from collections.abc import Collection

from django.db import connection

from tracking.hits import CLICK, OPEN
from tracking.verdicts import Verdict

UNDECIDED = f"is_settled AND verdict = '{Verdict.UNKNOWN.value}'"
# columns of a mail → the events that they count
COUNTED = {
    ("open_count", "first_opened_at", "last_opened_at"): f"kind = '{OPEN}' AND counts",
    ("click_count", "first_clicked_at", "last_clicked_at"): f"kind = '{CLICK}' AND counts",
    ("loaded_count", "first_loaded_at", "last_loaded_at"): f"kind = '{OPEN}' AND {UNDECIDED}",
    ("requested_count", "first_requested_at", "last_requested_at"): f"kind = '{CLICK}' AND {UNDECIDED}",
}
WHAT = ("COUNT(*)", "MIN(at)", "MAX(at)")


def recount(mail_ids: Collection[int]) -> None:
    """Set the counters of these mails and of their links to what their events say."""
    ids = sorted(mail_ids)
    if not ids:
        return
    marks = ", ".join(["%s"] * len(ids))
    columns = [column for triple in COUNTED for column in triple]
    sums = ", ".join(
        f"{what} FILTER (WHERE {which}) AS {column}" for triple, which in COUNTED.items() for what, column in zip(WHAT, triple, strict=True)
    )
    changes = ", ".join(f"{column} = fresh.{column}" for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE tracking_trackedmail SET {changes} "
            f"FROM (SELECT mail_id, {sums} FROM tracking_event WHERE mail_id IN ({marks}) GROUP BY mail_id) AS fresh "
            "WHERE tracking_trackedmail.id = fresh.mail_id",
            ids,
        )
        cursor.execute(
            "UPDATE tracking_trackedlink SET click_count = fresh.count, first_clicked_at = fresh.first, last_clicked_at = fresh.last "
            "FROM (SELECT link.id, COUNT(event.id) AS count, MIN(event.at) AS first, MAX(event.at) AS last "
            "FROM tracking_trackedlink AS link LEFT JOIN tracking_event AS event ON event.link_id = link.id AND event.counts "
            f"WHERE link.mail_id IN ({marks}) GROUP BY link.id) AS fresh WHERE tracking_trackedlink.id = fresh.id",
            ids,
        )
