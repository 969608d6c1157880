"""A small company in Alice's hands."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.accounts.models import User
from crm.records import pipeline
from crm.records.models import Activity, Deal, Note, Organisation, Person, Stage


@pytest.fixture
def stages(db: None) -> list[Stage]:
    return list(pipeline.default_pipeline().stages.all())


@pytest.fixture
def acme(alice: User) -> Organisation:
    return Organisation.objects.create(owner=alice, name="Acme Tools", domain="acme-tools.example", phone="+49 30 1234")


@pytest.fixture
def boris(alice: User, acme: Organisation) -> Person:
    return Person.objects.create(owner=alice, name="Boris Ivanov", email="boris@acme-tools.example", organisation=acme)


@pytest.fixture
def deal(alice: User, acme: Organisation, boris: Person, stages: list[Stage]) -> Deal:
    """In the second stage, since a day."""
    return Deal.objects.create(
        owner=alice,
        title="Twenty licences",
        value=12_500,
        organisation=acme,
        person=boris,
        stage=stages[1],
        stage_changed_at=timezone.now() - timedelta(days=1),
    )


@pytest.fixture
def call(alice: User, deal: Deal) -> Activity:
    """Due tomorrow."""
    return Activity.objects.create(
        owner=alice, subject="Call about the offer", kind="call", deal=deal, due_at=timezone.now() + timedelta(days=1)
    )


@pytest.fixture
def note(alice: User, deal: Deal) -> Note:
    return Note.objects.create(author=alice, deal=deal, text="Budget is approved.")
