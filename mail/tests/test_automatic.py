"""Which mails a program wrote by itself, as their headers tell."""

import pytest

from mail import parsing
from mail.models import Message
from mail.tests.letters import mail


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, "NONE"),
        ({"Auto_Submitted": "no"}, "NONE"),
        ({"X_Auto_Response_Suppress": "All"}, "NONE"),  # asks others to be silent; Outlook writes it on persons' mail, too
        ({"Subject": "Out of office"}, "NONE"),  # anybody may write about it
        ({"Return_Path": "<>"}, "NONE"),
        ({"Auto_Submitted": "auto-replied (vacation)"}, "REPLY"),
        ({"Auto_Submitted": "auto-replied", "Precedence": "bulk"}, "REPLY"),
        ({"X_Autoreply": "yes"}, "REPLY"),
        ({"X_Autoreply": "no"}, "NONE"),
        ({"X_Autorespond": "Away"}, "REPLY"),
        ({"Precedence": "auto_reply"}, "REPLY"),
        ({"Auto_Submitted": "auto-generated", "In_Reply_To": "<1@acme.test>"}, "REPLY"),
        ({"Auto_Submitted": "auto-generated", "Subject": "Automatic reply: Offer"}, "REPLY"),
        ({"Subject": "Автоответ: Offer", "Return_Path": "<>"}, "REPLY"),
        ({"Auto_Submitted": "auto-generated"}, "BULK"),
        ({"List_Id": "News <news.client.test>"}, "BULK"),
        ({"List_Unsubscribe": "<https://client.test/out>"}, "BULK"),
        ({"Precedence": "bulk"}, "BULK"),
        ({"Auto_Submitted": "auto-generated", "In_Reply_To": "<1@acme.test>", "List_Id": "<tickets.client.test>"}, "BULK"),
        ({"From": "Mail Delivery Subsystem <MAILER-DAEMON@client.test>"}, "REPORT"),
        ({"From": "MAILER-DAEMON (Mail System)"}, "REPORT"),
        ({"From": "postmaster@client.test"}, "NONE"),  # a person may sit there
        ({"From": "postmaster@client.test", "Subject": "Undeliverable: Offer"}, "REPORT"),
        ({"From": "postmaster@client.test", "Return_Path": "<>"}, "REPORT"),
        ({"X_Failed_Recipients": "dora@client.test"}, "REPORT"),
        ({"Content_Type": "multipart/report; report-type=delivery-status; boundary=b"}, "REPORT"),
        ({"Content_Type": "message/delivery-status"}, "REPORT"),
    ],
)
def test_mail_that_a_program_wrote_by_itself_is_told(fields: dict[str, str], kind: str):
    assert parsing.read(mail(**fields)).automatic == Message.Automatic[kind]


def test_a_list_says_what_it_is_called_and_how_to_leave():
    letter = parsing.read(
        mail(List_Id="Our news <news.client.test>", List_Unsubscribe="<mailto:out@client.test>,\r\n <https://client.test/out>")
    )
    assert letter.list_id == "Our news <news.client.test>"
    assert letter.list_unsubscribe == "<mailto:out@client.test>, <https://client.test/out>"
