"""The audit log: in words, filtered, and reading it leaves a line too."""

import csv
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.utils import timezone

from crm.accounts import audit
from crm.accounts.models import AuditEntry, Role, User
from crm.consent import policy, trail
from crm.records.fields import writing
from crm.records.models import Deal, FieldChange, Lead, Person
from crm.records.pipeline import default_pipeline

PAGE = "/settings/audit/"
HIDDEN = ("Hidden Name", "Hidden Thing", "Hidden Source", "Hidden Deal", "Hidden Survivor", "Hidden Double", "Hidden Firm", "Hidden List")


def test_each_line_says_in_words_who_did_what(admin, ada):
    policy.change({"company": {**policy.AS_SHIPPED, "is_coarse": True}}, actor=ada)
    audit.note("consent_recorded", actor=ada, about="anna@client.test", state="granted")
    audit.note("purged", count=3)
    audit.note("export_fetched", by=audit.RECIPIENT, about="anna@client.test")
    page = admin.get(PAGE).content.decode()
    for words in (
        "Ada Adler</strong> changed the tracking policy",
        "only the day of the last opening is kept",
        "Consent: Agreed",
        "Candor, by itself",
        "A recipient",
    ):
        assert words in page


def test_reading_it_is_noted_once_a_day_for_each_reader(admin, ada):
    admin.get(PAGE)
    admin.get(PAGE, {"q": "2"})
    assert AuditEntry.objects.filter(action="log_read", actor=ada).count() == 1


def lines(client, **query):
    return client.get(PAGE, query).context["lines"]


def abouts(client, **query) -> set[str]:
    return {line.about for line in lines(client, **query)} - {""}


def rename(person, name, *, actor, now=None):
    writing.change(record=person, values={"name": name}, actor=actor, now=now or timezone.now())


def test_it_is_sifted_by_kind_by_person_by_words_and_by_action(admin, ada, mona, anna):
    audit.note("restricted", actor=ada, about="anna@client.test")
    audit.note("user_changed", actor=mona, about="boris@acme.test", role=["Member", "Manager"])
    audit.note("sign_in_failed", by=audit.STRANGER, about="carla@acme.test")
    rename(anna, "Anna Ivanova", actor=mona)
    assert abouts(admin, kind="consent") == {"anna@client.test"}
    assert abouts(admin, kind="administration") == {"boris@acme.test"}
    assert abouts(admin, kind="sign_in") == {"carla@acme.test"}
    assert abouts(admin, kind="records") == {"Anna Ivanova"}
    assert abouts(admin, by=str(mona.pk)) == {"boris@acme.test", "Anna Ivanova"}
    assert abouts(admin, by="stranger") == {"carla@acme.test"}
    assert abouts(admin, q="PETROVA") == {"Anna Ivanova"}, "what a field held before is found"
    assert abouts(admin, q="ivanova") == {"Anna Ivanova"}
    assert abouts(admin, q="boris") == {"boris@acme.test"}
    assert abouts(admin, action="restricted") == {"anna@client.test"}
    assert abouts(admin, action="nonsense") == set()
    assert "Role: Member → Manager" in admin.get(PAGE).content.decode()


def test_a_change_says_who_when_which_record_which_field_before_and_after(admin, mona, anna):
    rename(anna, "Anna Ivanova", actor=mona)
    page = admin.get(PAGE).content.decode()
    assert "Mona Meyer</strong> changed a record" in page
    assert f'<a href="/people/{anna.pk}/">Anna Ivanova</a>' in page
    assert "Name: Anna Petrova → Anna Ivanova" in page


def test_a_period_counts_whole_days_of_the_readers_zone(admin, ada):
    ada.time_zone = "Asia/Tokyo"
    ada.save()
    for hour, about in ((14, "before"), (15, "within")):  # midnight of the third in Tokyo is 15:00 UTC of the second
        AuditEntry.objects.create(at=datetime(2026, 11, 2, hour, tzinfo=UTC), actor_name="x", action="restricted", about=about)
    assert abouts(admin, since="2026-11-03", until="2026-11-03") == {"within"}
    assert abouts(admin, until="2026-11-02") == {"before"}
    assert lines(admin, since="nonsense", until="0001-01-01") != []


def test_who_may_read_it_but_not_see_everything_is_told_of_visible_records_alone(client, charlie, alice, ada, anna):
    charlie.custom_role = Role.objects.create(name="Reviser", permissions=["read_audit"])
    charlie.save()
    client.force_login(charlie)
    own = Person.objects.create(owner=charlie, name="Dora", email="dora@client.test")
    rename(anna, "Hidden Name", actor=alice)
    rename(own, "Dora Own", actor=charlie)
    audit.note("record_deleted", actor=alice, about="Hidden Thing")
    stage = default_pipeline().stages.all()[0]
    deal = Deal.objects.create(owner=alice, title="Hidden Deal", stage=stage, visibility="owner")
    lead = Lead.objects.create(owner=alice, title="Shown Lead", visibility="everyone", deal=deal)
    FieldChange.objects.create(lead=lead, deal=deal, field="source", after="Hidden Source", actor_name="Alice")
    audit.note("merged", actor=alice, about="Hidden Survivor", former="Hidden Double")
    audit.note("bulk_changed", actor=alice, about="people: Set organisation to “Hidden Firm”", count=2)
    audit.note("list_exported", actor=alice, about="people: Hidden List", count=2)
    audit.note("consent_recorded", actor=alice, about="hidden@client.test")
    audit.note("user_changed", actor=ada, about="bob@acme.test")
    for answer in (client.get(PAGE), client.get(f"{PAGE}export/"), client.get(PAGE, {"q": "hidden"})):
        text = (b"".join(answer) if answer.streaming else answer.content).decode()
        assert [word for word in (*HIDDEN, "hidden@client.test") if word in text] == []
    assert {"Dora Own", "bob@acme.test"} <= abouts(client)


@pytest.mark.parametrize("who", ["alice", "mona"])
def test_without_the_permission_there_is_no_log(who, client, request):
    client.force_login(request.getfixturevalue(who))
    for address in (PAGE, f"{PAGE}export/"):
        assert client.get(address).status_code == 404
    assert PAGE not in client.get("/settings/profile/").content.decode()


def test_a_long_log_has_pages_that_lose_and_repeat_nothing_and_cost_few_queries(admin, ada, anna, django_assert_max_num_queries):
    now = timezone.now()
    for number in range(60):  # all of one moment, as a bulk change is
        AuditEntry.objects.create(at=now, actor=ada, actor_name="Ada", action="restricted", about=f"entry-{number}")
        FieldChange.objects.create(person=anna, field="name", before=str(number), after=f"change-{number}", actor_name="Ada", at=now)
    with django_assert_max_num_queries(14):
        first = admin.get(PAGE)
    seen, before = [*first.context["lines"]], first.context["older"]
    assert len(seen) == 50
    audit.note("restricted", actor=ada, about="came in between")
    while before:
        page = admin.get(PAGE, {"before": before})
        seen, before = seen + page.context["lines"], page.context["older"]
    told = [(type(line.row), line.row.pk) for line in seen]
    assert len(told) == len(set(told)) == 121  # and the reading itself


@pytest.mark.parametrize(
    "nonsense", ["x", "~~", "2026-11-26T10:00:00~0~1", "0001-01-01T00:00:00+00:00~0~1", "2026-11-26T10:00:00+00:00~0~9999999999999999999"]
)
def test_a_position_that_is_none_gives_the_first_page(admin, ada, nonsense):
    audit.note("restricted", actor=ada)
    assert len(lines(admin, before=nonsense)) == 2


def test_a_page_far_down_is_found_by_the_index(admin, anna):
    before = trail.Position(timezone.now(), 0, 5)
    plans = [
        trail._after(rows, rank, before)[:51].explain() for rank, rows in enumerate(trail._sources(User(role="admin"), trail.Wanted()))
    ]
    if connection.vendor == "sqlite":
        assert all("USING INDEX" in plan and "TEMP B-TREE" not in plan for plan in plans), plans


def test_the_table_holds_the_same_and_no_formula(admin, ada, mona, anna):
    rename(anna, "=HYPERLINK(1)", actor=mona)
    audit.note("restricted", actor=ada, about="@evil.test")
    answer = admin.get(f"{PAGE}export/", {"kind": "records"})
    text = b"".join(answer).decode("utf-8-sig")
    (head, row) = csv.reader(text.splitlines())
    assert head == ["Time", "Who", "What", "About", "Details"]
    assert row[1:] == ["Mona Meyer", "changed a record", "'=HYPERLINK(1)", "Name: Anna Petrova → =HYPERLINK(1)"]
    whole = b"".join(admin.get(f"{PAGE}export/")).decode()
    assert ",'@evil.test," in whole
    assert "exported the audit log" in whole


def test_an_export_reads_a_thousand_rows_at_a_time(admin, ada, monkeypatch):
    monkeypatch.setattr(trail, "AT_ONCE", 7)
    for number in range(20):
        audit.note("restricted", actor=ada, about=f"entry-{number}")
    text = b"".join(admin.get(f"{PAGE}export/")).decode()
    assert all(text.count(f"entry-{number},") == 1 for number in range(20))


def test_deleting_a_record_is_noted_by_the_address_by_which_it_can_be_forgotten(client, alice, anna):
    client.force_login(alice)
    client.post(f"/people/{anna.pk}/delete/")
    entry = AuditEntry.objects.get(action="record_deleted")
    assert (entry.actor, entry.about, entry.details) == (alice, "Anna@Client.test", {"kind": "person"})


def test_every_action_is_of_a_kind_and_the_rest_is_administration():
    assert {audit.kind_of(action) for action in audit.ACTIONS} == set(audit.Kind)
    assert audit.kind_of("record_deleted") is audit.Kind.RECORDS
    assert audit.kind_of("second_factor_reset") is audit.Kind.ADMINISTRATION
