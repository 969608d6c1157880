"""Templates as the demo company's sellers keep them: folders, who shares them, and fields that are filled in."""

from datetime import datetime, timedelta
from typing import NamedTuple

from crm.accounts.models import User
from crm.demo.company import ANNA, MARTA, TOM, Colleague
from crm.demo.data.correspondence import body
from mail import letters
from mail.models import Sharing, Template


class Wording(NamedTuple):
    """A template; `uses` says how often it began a mail, `days` when it did so last."""

    owner: Colleague
    folder: str
    name: str
    sharing: str
    subject: str
    text: str
    uses: int = 0
    days: int = 0


WORDINGS = (
    Wording(
        MARTA,
        "First contact",
        "After a trade fair",
        Sharing.EVERYBODY,
        "Good to meet you, {{ person.first_name }}",
        """Dear {{ person.first_name }},

thank you for stopping at our stand. You said that nobody at {{ organisation.name }} sees the water bill before the quarter is over. That is where we start: sensors clamp on, no pipe is cut, and the first readings come the same day.

[How others began](customers) takes three minutes to read. Shall we talk next week?

Best regards""",
        11,
        2,
    ),
    Wording(
        MARTA,
        "First contact",
        "Introduction by a customer",
        Sharing.EVERYBODY,
        "Introduction: {{ my.name }}, Brightwater Analytics",
        """Dear {{ person.first_name | default: "colleague" }},

we help {% if organisation.name %}companies such as {{ organisation.name }}{% else %}companies{% endif %} to find the water that they pay for and never use. May I show you in twenty minutes what that looks like with your own bills?

Best regards""",
        4,
        9,
    ),
    Wording(
        TOM,
        "Offers",
        "Offer with prices",
        Sharing.TEAM,
        "Offer: {{ deal.title }}",
        """Dear {{ person.first_name }},

as promised, here is our offer for {{ deal.title }}. It comes to {{ deal.value }}, with everything included but the installation:

- [prices by number of sensors](pricing)
- [how we keep your data](security)

What would you need from me to decide this month?

Best regards""",
        7,
        1,
    ),
    Wording(
        ANNA,
        "Follow-up",
        "Gentle reminder",
        Sharing.NOBODY,
        "",
        """Dear {{ person.first_name }},

did my last mail reach you? A one-line answer is enough, and “not now” is a fine one.

Best regards""",
        9,
        1,
    ),
    Wording(
        ANNA,
        "Follow-up",
        "After the guided tour",
        Sharing.NOBODY,
        "Thank you for your time, {{ person.first_name }}",
        """Dear {{ person.first_name }},

thank you for the questions on the tour. As {{ person.job_title }} you will want to see the numbers before anything else, so I will send them with last year’s bills in hand.

Best regards""",
        3,
        6,
    ),
)


def load(users: dict[str, User], *, now: datetime) -> None:
    """Write the templates down, each in its owner's folder, which is shared likewise."""
    for wording in WORDINGS:
        owner = users[wording.owner.email]
        folder = letters.folder_named(owner=owner, name=wording.folder)
        folder.sharing = wording.sharing
        folder.save()
        template = letters.save(
            template=Template(owner=owner),
            name=wording.name,
            subject=wording.subject,
            body_html=body(wording.text),
            folder=folder,
            sharing=wording.sharing,
        )
        Template.objects.filter(pk=template.pk).update(used_count=wording.uses, last_used_at=now - timedelta(days=wording.days))
