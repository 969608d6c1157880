"""The audit log: in words, filtered, and reading it leaves a line too."""

from crm.accounts import audit
from crm.accounts.models import AuditEntry
from crm.consent import policy

PAGE = "/settings/audit/"


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
    admin.get(PAGE, {"page": "2"})
    assert AuditEntry.objects.filter(action="log_read", actor=ada).count() == 1


def test_it_is_filtered_by_action_by_name_and_by_whom_it_is_about(admin, ada, mona):
    audit.note("restricted", actor=ada, about="anna@client.test")
    audit.note("restricted", actor=mona, about="boris@client.test")
    audit.note("person_erased", actor=mona, about="carla@client.test")

    def about(**query) -> set[str]:
        return {line["entry"].about for line in admin.get(PAGE, query).context["lines"]} - {""}

    assert about(action="restricted") == {"anna@client.test", "boris@client.test"}
    assert about(by="Mona Meyer") == {"boris@client.test", "carla@client.test"}
    assert about(about="ANNA") == {"anna@client.test"}
    assert about(action="nonsense") == set()


def test_a_long_log_has_pages_and_few_queries(admin, ada, django_assert_max_num_queries):
    for number in range(60):
        audit.note("restricted", actor=ada, about=f"{number}@client.test")
    with django_assert_max_num_queries(12):
        page = admin.get(PAGE)
    assert len(page.context["lines"]) == 50
    assert len(admin.get(PAGE, {"page": "2"}).context["lines"]) == 11
