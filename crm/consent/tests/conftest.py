import pytest
from django.test import Client

from crm.accounts.models import User
from crm.records.models import Person


@pytest.fixture
def admin(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


@pytest.fixture
def anna(alice: User) -> Person:
    """A contact of Alice's."""
    return Person.objects.create(owner=alice, name="Anna Petrova", email="Anna@Client.test")
