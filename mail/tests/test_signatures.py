"""Signatures: several an account, one below new mails and one below replies by itself."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client

from crm.accounts.models import User
from mail.models import Account, Signature
from mail.tests.posting import sent, sign
from mail.tests.test_composer import save


def posted(**fields: str) -> dict[str, str]:
    return {"name": "Full", "html": "<b>Alice</b>", **fields}


@pytest.mark.django_db
def test_each_default_is_one_signature_alone(alice_client: Client, account: Account):
    address = f"/settings/email-sync/accounts/{account.pk}/signatures/"
    assert "Write a signature" in alice_client.get(address).content.decode()
    assert "checked" in alice_client.get(f"{address}new/").content.decode()  # the first one stands below everything
    alice_client.post(f"{address}new/", posted(is_default="on", is_default_for_replies="on"))
    alice_client.post(f"{address}new/", posted(name="Short", html="A.\nAcme", is_default_for_replies="on"))
    full, short = Signature.objects.order_by("pk")
    assert (full.is_default, full.is_default_for_replies) == (True, False)
    assert (short.is_default, short.is_default_for_replies, short.html) == (False, True, "<p>A.<br>Acme</p>")
    assert "A. Acme" in alice_client.get(address).content.decode()
    alice_client.post(f"/settings/email-sync/signatures/{full.pk}/delete/")
    assert list(Signature.objects.all()) == [short]


@pytest.mark.django_db
def test_a_signature_is_made_safe_and_is_not_empty(alice_client: Client, account: Account):
    address = f"/settings/email-sync/accounts/{account.pk}/signatures/new/"
    alice_client.post(address, posted(html="<b onclick=x()>Alice</b><script>alert(1)</script>"))
    assert Signature.objects.get().html == "<b>Alice</b>"
    refused = alice_client.post(address, posted(html="<div><br></div>"))
    assert refused.status_code == 422
    assert "Write what shall stand below" in refused.content.decode()


@pytest.mark.django_db
def test_new_mails_and_replies_begin_with_their_own(alice_client: Client, alice: User, account: Account):
    sign(account, "<p>Alice Ahrens</p>")
    Signature.objects.update(is_default_for_replies=False)
    Signature.objects.create(account=account, name="Short", html="<p>A.</p>", is_default_for_replies=True)
    answered = sent(save(alice_client, alice))
    assert "Alice Ahrens" in alice_client.get("/mail/compose/").context["start"].body_html
    reply = alice_client.get(f"/mail/compose/?reply={answered.pk}").context["start"].body_html
    assert "<p>A.</p>" in reply
    assert "Alice Ahrens" not in reply.partition("gmail_quote")[0]


@pytest.mark.django_db
def test_nobody_else_sees_or_changes_them(account: Account, bob: User):
    signature, client = sign(account, "<p>Alice</p>"), Client()
    client.force_login(bob)
    for address in (f"accounts/{account.pk}/signatures/", f"accounts/{account.pk}/signatures/new/", f"signatures/{signature.pk}/"):
        assert client.get(f"/settings/email-sync/{address}").status_code == 404
        assert client.post(f"/settings/email-sync/{address}", posted()).status_code in (404, 405)
    assert client.post(f"/settings/email-sync/signatures/{signature.pk}/delete/").status_code == 404


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_signature_of_before_goes_on_standing_below_mails():
    nodes = MigrationExecutor(connection).loader.graph.nodes
    (after,) = [node for node in nodes if node[0] == "mail" and node[1].endswith("_templates")]
    (before,) = [parent for parent in nodes[after].dependencies if parent[0] == "mail"]
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    try:
        MigrationExecutor(connection).migrate([before])
        apps = MigrationExecutor(connection).loader.project_state([before]).apps
        user = apps.get_model("accounts", "User").objects.create(email="alice@acme.test", name="Alice")
        accounts = apps.get_model("mail", "Account").objects
        accounts.create(owner=user, email="alice@acme.test", smtp_host="mail.acme.test", signature_html="<p>Alice</p>")
        accounts.create(owner=user, email="info@acme.test", smtp_host="mail.acme.test")
        MigrationExecutor(connection).migrate([after])
        apps = MigrationExecutor(connection).loader.project_state([after]).apps
        (signature,) = apps.get_model("mail", "Signature").objects.all()
        assert (signature.account.email, signature.html) == ("alice@acme.test", "<p>Alice</p>")
        assert signature.is_default
        assert signature.is_default_for_replies
        MigrationExecutor(connection).migrate([before])
        old = MigrationExecutor(connection).loader.project_state([before]).apps.get_model("mail", "Account").objects
        assert list(old.order_by("pk").values_list("signature_html", flat=True)) == ["<p>Alice</p>", ""]
    finally:
        MigrationExecutor(connection).migrate(latest)
