"""A fortnight of mails as the demo company's sellers wrote them, and how they were read.

In the texts a blank line parts paragraphs, a line that begins with "- " is a list's, and [words](page) is a link to a
page of the company's web site.
"""

from typing import NamedTuple

from crm.demo.company import ANNA, MARTA, TOM, Colleague


class Reading(NamedTuple):
    """Somebody or something loads the mail's pictures, and then asks for links: when, and for which pages."""

    days: int  # working days before today; -1 for `clock` as minutes ago
    clock: str
    pages: tuple[str, ...] = ()
    by: str = ""  # "apple": Apple Mail by itself; "filter": a mail filter; else a person
    whose: str = ""  # in whose copy; the first recipient's when nobody is named


class Letter(NamedTuple):
    """A mail; `days` counts working days before today, `follows` names an earlier letter that it goes on from."""

    key: str
    sender: Colleague
    to: tuple[str, ...]
    subject: str
    text: str
    days: int
    clock: str
    cc: tuple[str, ...] = ()
    deal: str = ""
    files: tuple[str, ...] = ()
    follows: str = ""
    readings: tuple[Reading, ...] = ()
    is_tracked: bool = True


NORTHGATE = "Northgate: 120 sensors for the Berlin hubs"
HELIO = "Helio Dairy: second plant"
ALDER = "Alder & Finch: eleven hotels"
LAKESIDE = "Lakeside Clinics: hot water monitoring"

LETTERS = (
    Letter(
        "northgate-visit",
        ANNA,
        ("Boris Petrov",),
        "Thank you for the walk through Lichtenberg",
        """Dear Boris,

thank you for taking two hours. I counted 41 metering points in the Lichtenberg hub alone, so 120 for all three looks right to me.

You asked how others began. Helio Dairy started with one plant and four weeks of readings; [their story is here](customers), and Jonas Weber is glad to take a call.

I will send figures as soon as I have your water bills.

Best regards""",
        10,
        "10:12",
        deal=NORTHGATE,
        readings=(Reading(10, "11:47"), Reading(10, "17:20", ("customers",)), Reading(8, "09:04")),
    ),
    Letter(
        "northgate-proposal",
        ANNA,
        ("Boris Petrov", "Carla Stein"),
        "Proposal: 120 sensors for the Berlin hubs",
        """Dear Boris, dear Carla,

here is our proposal for the three Berlin hubs. In short:

- 120 clamp-on sensors, fitted in two weekends without cutting a pipe
- €14 for each sensor a month, everything included ([how the price is made](pricing))
- the first readings on the day after fitting

The details are in the file. The question about data protection came up in our call: [this page](security) says where your readings are kept and who can see them.

Shall we go through it this week?

Best regards""",
        9,
        "15:36",
        cc=("Henrik Vogel",),
        deal=NORTHGATE,
        files=("Northgate proposal.pdf",),
        readings=(
            Reading(9, "15:37", ("pricing", "security"), by="filter", whose="Carla Stein"),
            Reading(9, "15:58"),
            Reading(9, "17:12", by="apple", whose="Henrik Vogel"),
            Reading(9, "16:31", ("pricing",)),
            Reading(8, "08:42"),
            Reading(8, "10:15", ("security", "pricing")),
            Reading(5, "13:27"),
            Reading(1, "16:50", ("pricing",)),
            Reading(-1, "34"),
        ),
    ),
    Letter(
        "northgate-reference",
        ANNA,
        ("Boris Petrov",),
        "Re: Proposal: 120 sensors for the Berlin hubs",
        """Dear Boris,

one thing I forgot: Henrik asked for somebody who has finished a rollout. Ines Albrecht of Helio Dairy has agreed to half an hour next week, Tuesday or Wednesday. [The tour](tour) would show him the same on screen.

Which day suits you both?

Best regards""",
        3,
        "09:20",
        deal=NORTHGATE,
        follows="northgate-proposal",
        readings=(Reading(3, "09:51"), Reading(3, "14:08", ("tour",)), Reading(-1, "21", ("tour",))),
    ),
    Letter(
        "helio-terms",
        ANNA,
        ("Ines Albrecht", "Petra Kühn"),
        "Terms for the second plant",
        """Dear Ines, dear Petra,

as agreed with Jonas: half at signing, half after the acceptance test, and the price for each sensor of the first plant stays.

The draft contract is attached. Everything that differs from the first one is marked in yellow.

Best regards""",
        4,
        "11:18",
        cc=("Jonas Weber",),
        deal=HELIO,
        files=("Helio contract draft.pdf", "Metering points.csv"),
        readings=(Reading(4, "11:40"), Reading(4, "13:55"), Reading(3, "08:30"), Reading(2, "10:02"), Reading(-1, "96")),
    ),
    Letter(
        "helio-thanks",
        ANNA,
        ("Jonas Weber",),
        "Readings of the first quarter",
        """Hello Jonas,

your first plant has saved 11,400 m³ since June. That is 19 %, a little more than we promised.

May we use the figure on [our page about you](customers)? You would see the text first.

Best regards""",
        7,
        "14:05",
        readings=(Reading(7, "14:22", ("customers",)), Reading(6, "09:10")),
    ),
    Letter(
        "castell-rating",
        ANNA,
        ("Lucía Romero",),
        "The clamps stand 90 °C",
        """Dear Lucía,

the laboratory has answered: the clamps are rated for 90 °C without a limit in time, so your dye house at 60 °C is no problem. The [data sheet](sensors) has the curve on page two.

Shall we keep the week of the 7th for the pilot?

Best regards""",
        6,
        "16:40",
        deal="Castell: dye house pilot",
        readings=(Reading(5, "09:33", ("sensors",)), Reading(5, "09:36")),
    ),
    Letter(
        "castell-legal",
        ANNA,
        ("Nuria Costa",),
        "Data processing agreement for the pilot",
        """Dear Nuria,

Lucía asked me to send you our data processing agreement before the pilot begins. It is our standard text; [this page](security) explains the technical side.

Best regards""",
        5,
        "10:30",
        cc=("Lucía Romero",),
        deal="Castell: dye house pilot",
        files=("Data processing agreement.pdf",),
        readings=(Reading(5, "10:52", by="apple"),),
    ),
    Letter(
        "castell-lost",
        ANNA,
        ("Marc Vidal",),
        "Until spring, then",
        """Dear Marc,

thank you for being open about the budget. I will come back to you in March, when the new year's plan is made, and leave you in peace until then.

Best regards""",
        8,
        "12:25",
        readings=(Reading(8, "12:41"),),
    ),
    Letter(
        "alder-scope",
        ANNA,
        ("Olivia Marsh", "Peter Lang"),
        "Two London hotels first: scope and dates",
        """Dear Olivia, dear Peter,

this is what I understood:

- we begin with Bedford Row and Paddington, 38 metering points together
- Peter's team reads the values by our interface, from the first day
- the other nine follow after four weeks if the alarms prove useful

[Prices](pricing) fall by a fifth from fifty sensors on, counted over all hotels. Could you confirm the dates with your general managers?

Best regards""",
        6,
        "17:05",
        deal=ALDER,
        readings=(Reading(5, "08:12"), Reading(5, "08:14", ("pricing",)), Reading(4, "18:40")),
    ),
    Letter(
        "alder-proposal",
        ANNA,
        ("Olivia Marsh",),
        "Proposal for Alder & Finch",
        """Dear Olivia,

the proposal is attached, with the two London hotels as the first step and the price for all eleven beside it.

If you would like your general managers to see it on screen, [pick half an hour here](tour).

Best regards""",
        2,
        "14:48",
        cc=("Peter Lang", "Ruth Adeyemi"),
        deal=ALDER,
        files=("Alder and Finch proposal.pdf",),
        readings=(Reading(2, "15:30"), Reading(1, "09:05", ("tour",)), Reading(-1, "52")),
    ),
    Letter(
        "kestrel-visit",
        ANNA,
        ("Samir Haddad",),
        "Our visit to the cold store",
        """Dear Samir,

I have booked the train and shall be with you at eleven. Could somebody show me the condensate return? That is where cold stores usually lose most.

Best regards""",
        3,
        "13:15",
        cc=("Tessa Bloom",),
        deal="Kestrel: cold store metering",
        readings=(Reading(2, "07:58"),),
    ),
    Letter(
        "vantaa-renewal",
        ANNA,
        ("Ulla Mäkinen",),
        "Your service contract ends on the 30th",
        """Dear Ulla,

a short reminder: the service contract for the pump house ends with this month. The new one costs the same; I only need a signature.

If the budget is still being discussed, tell me and we simply go on for another quarter.

Best regards""",
        9,
        "09:02",
        cc=("Aino Salo",),
        deal="Vantaa Paper: service contract",
        files=("Service contract.pdf",),
    ),
    Letter(
        "vantaa-again",
        ANNA,
        ("Ulla Mäkinen",),
        "Re: Your service contract ends on the 30th",
        """Dear Ulla,

did my mail reach you? I would not like the sensors to fall silent over a missing signature. A one-line answer is enough.

Best regards""",
        2,
        "09:15",
        deal="Vantaa Paper: service contract",
        follows="vantaa-renewal",
        readings=(Reading(2, "16:45"),),
    ),
    Letter(
        "moravia-intro",
        ANNA,
        ("Zdeněk Horák",),
        "Where the bottling line loses water",
        """Dear Zdeněk,

most breweries lose three places: the rinser, the pasteuriser's overflow and the night between two shifts. Twelve sensors for four weeks show which of them is yours, and the test costs nothing.

[This is what the sensors look like](sensors). May I call you on Friday?

Best regards""",
        7,
        "10:50",
        deal="Moravia Brewing: bottling line",
        readings=(Reading(7, "21:14"), Reading(6, "08:20", ("sensors",))),
    ),
    Letter(
        "lakeside-proposal",
        ANNA,
        ("Dr. Beat Frei",),
        "Proposal: temperature alarms for all four clinics",
        """Dear Dr. Frei,

attached is the proposal for the four clinics. The temperature alarm reaches your engineers within a minute, at night too, and every alarm is kept for the inspector.

[Security and data protection](security) is the page that your auditors will ask for. I am happy to go through it with them.

Best regards""",
        5,
        "08:55",
        cc=("Claudia Meier", "Dario Rossi"),
        deal=LAKESIDE,
        files=("Lakeside proposal.pdf",),
        readings=(Reading(5, "09:20"), Reading(5, "09:48", ("security",)), Reading(4, "07:35", ("security",)), Reading(1, "11:12")),
    ),
    Letter(
        "ostmark-first",
        ANNA,
        ("Edda Kruse",),
        "After our call: quay 4 and 5",
        """Dear Edda,

thank you for the call. You will have our offer before the deadline on your form. Until then, [these are the sensors](sensors): they are sealed and stand salt water.

Best regards""",
        6,
        "12:32",
        deal="Port of Ostmark: quay 4 and 5",
        readings=(Reading(6, "13:05", ("sensors",)),),
    ),
    Letter(
        "private",
        ANNA,
        ("Hanna Bakker",),
        "Lunch at the fair",
        """Hi Hanna,

are you at the fair in Utrecht on Wednesday? I owe you a lunch.

Anna""",
        4,
        "18:02",
        is_tracked=False,
    ),
    Letter(
        "greenline-offer",
        TOM,
        ("Gijs van Dam",),
        "Offer for the greenhouses",
        """Hello Gijs,

here is the offer for both greenhouses. As we said: invoice in June, after the harvest.

[The price list](pricing) is public, so you can check my sums.

Best""",
        8,
        "11:00",
        deal="Greenline: greenhouse irrigation",
        files=("Greenline offer.pdf",),
        readings=(Reading(8, "12:37"), Reading(7, "06:55", ("pricing",)), Reading(1, "07:10")),
    ),
    Letter(
        "solent-dock",
        TOM,
        ("Ian Prescott", "Judith Cole"),
        "Dry dock: what we would meter",
        """Hello Ian, hello Judith,

after the walk with Karl I would meter eleven points in the dry dock and three at the main. Everything can be fitted before the Christmas stop.

[Sensors for outdoor use](sensors) are the grey ones on this page.

Best""",
        5,
        "13:45",
        cc=("Karl Boone",),
        deal="Solent: dry dock supply",
        readings=(Reading(5, "14:20", ("sensors",)), Reading(4, "09:05")),
    ),
    Letter(
        "ardent-start",
        TOM,
        ("Liam Byrne",),
        "We start on the 2nd",
        """Hello Liam,

the crew is booked for the 2nd, three days, with the validation pack in hand. Nora gets a copy of every certificate.

Thank you for your trust. It was a pleasure to win this one.

Best""",
        10,
        "16:10",
        cc=("Nora Quinn", "Maeve Doyle"),
        deal="Ardent Pharma: clean utilities",
        readings=(Reading(10, "16:44"), Reading(9, "09:15")),
    ),
    Letter(
        "bramble-list",
        TOM,
        ("Priya Nair",),
        "Fourteen sites: what I need",
        """Hello Priya,

for a price I need three things for each school: last year's water bill, the number of mains, and who has the key.

A list is enough, it need not be pretty.

Best""",
        3,
        "10:05",
        cc=("Owen Price",),
        deal="Bramble Schools: fourteen sites",
        readings=(Reading(3, "10:41"), Reading(-1, "140")),
    ),
    Letter(
        "tatra-quiet",
        TOM,
        ("Radka Kováčová",),
        "Shall I keep the installation week?",
        """Hello Radka,

our fitters plan the next month tomorrow. Shall I keep the week for the glazing line, or give it back?

Best""",
        4,
        "15:50",
        deal="Tatra Ceramics: glazing line",
    ),
    Letter(
        "marta-helio",
        MARTA,
        ("Ines Albrecht",),
        "A word from me on the second plant",
        """Dear Ines,

Anna tells me that we are close. Should anything in the contract need a decision from our side, call me directly.

Kind regards""",
        3,
        "17:30",
        deal=HELIO,
        readings=(Reading(3, "18:05"), Reading(2, "08:15")),
    ),
)

DRAFT = Letter(
    "draft",
    ANNA,
    ("Edda Kruse",),
    "Offer: quay 4 and 5",
    """Dear Edda,

here is our offer for the two quays. It covers""",
    0,
    "00:00",
    deal="Port of Ostmark: quay 4 and 5",
)
