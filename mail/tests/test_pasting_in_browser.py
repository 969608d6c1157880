"""What office programs put into the clipboard becomes plain HTML: real shapes of it, pasted in a real browser."""

from pathlib import Path
from typing import Any

import pytest

from crm.accounts.models import User
from mail.models import Account, Message
from mail.tests.test_composer_in_browser import box, compose, expect

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASTE = """([root, html, text]) => {
  const data = new DataTransfer();
  data.setData("text/html", html);
  data.setData("text/plain", text);
  document.querySelector(root).dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""
WORD_RESULT = (
    "<p><b>Our offer</b></p>"
    '<p><span style="color:red">Until Friday</span> for <i><b>you</b></i>, see <a href="https://acme.test/x?a=1&amp;b=2">prices</a>.</p>'
    "<ul><li><div>Ten licences</div><ul><li>with support</li></ul></li><li>Training</li></ul>"
    '<ol start="3"><li>Third</li><li>Fourth</li></ol>'
    "<p>Chart above</p>"
    '<table border="1" cellspacing="0" cellpadding="0" style="border-collapse:collapse"><tbody><tr><td width="100" valign="top">'
    '<p>Price</p></td><td width="100" valign="top"><p>100 €</p></td></tr></tbody></table>'
)
DOCS_RESULT = (
    "<h2>Plan</h2>"
    '<div><b>Bold</b> and plain, a <a href="https://acme.test/"><u>link</u></a></div>'
    "<div><br></div>"
    "<ul><li><div>One</div><ul><li>Inner</li></ul></li><li>Two</li></ul>"
)
OUTLOOK_RESULT = '<div>Hello Anna,</div><div><br></div><div style="text-align:center">thank you</div>'
END = "<div><br></div>"  # where writing goes on


@pytest.fixture
def account(alice: User) -> Account:
    return Account.objects.create(owner=alice, email="alice@acme.test", smtp_host="127.0.0.1")


def pasted(tab: Any, name: str) -> str:
    """The body of the draft once this clipboard was pasted into a new mail."""
    html = Path(__file__).with_name("clipboard").joinpath(f"{name}.html").read_text()
    compose(tab)
    box(tab, "Message body").click()
    tab.evaluate(PASTE, ["[data-editor]", html, "plain"])
    with tab.expect_response("**/mail/compose/save/"):
        pass
    expect(tab.locator("[data-status]")).to_contain_text("Saved")
    body: str = Message.objects.latest("pk").body_html
    return "".join(line.strip() for line in body.replace("\xa0", " ").replace(": ", ":").replace("; ", ";").splitlines())


def test_word_keeps_words_emphasis_lists_and_tables_and_tells_of_pictures(tab: Any):
    assert pasted(tab, "word") == WORD_RESULT + END
    expect(tab.get_by_text("Pictures that are only on your computer were left out")).to_be_visible()


@pytest.mark.parametrize(("name", "result"), [("docs", DOCS_RESULT), ("outlook", OUTLOOK_RESULT)])
def test_docs_and_outlook_leave_no_wrappers_fonts_and_gaps(tab: Any, name: str, result: str):
    assert pasted(tab, name).removesuffix(END) == result
