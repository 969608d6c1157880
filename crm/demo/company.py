"""Who works at the demo's company: what the sign-in page, the terminal and the demo data agree on."""

from dataclasses import dataclass

COMPANY = "Brightwater Analytics"
DOMAIN = "brightwater.test"
PASSWORD = "candor-demo"


@dataclass(frozen=True)
class Colleague:
    """Somebody who can sign in to the demo."""

    name: str
    role: str  # a value of User.Role
    job: str
    team: str = "New business"

    @property
    def email(self) -> str:
        return f"{self.name.split()[0].lower()}@{DOMAIN}"


ANNA = Colleague("Anna Lindqvist", "member", "sells")
TOM = Colleague("Tom Okafor", "member", "sells in Anna's team")
MARTA = Colleague("Marta Reyes", "manager", "leads sales")
ADAM = Colleague("Adam Novak", "admin", "administers Candor", team="Operations")
COLLEAGUES = (ANNA, TOM, MARTA, ADAM)


@dataclass(frozen=True)
class Page:
    """A page of the company's web site, where the links of the demo's mails lead."""

    title: str
    lead: str
    points: tuple[str, ...] = ()


PAGES = {
    "pricing": Page(
        "Pricing",
        "One price for each sensor, everything else included.",
        ("Up to 50 sensors: €18 each a month", "Up to 500 sensors: €14 each a month", "Installation and training at a fixed price"),
    ),
    "customers": Page(
        "How Helio Dairy cut its water use by a fifth",
        "Eleven weeks from the first sensor to the first saved litre.",
        ("94 sensors in three plants", "Leaks found within the hour instead of with the quarterly bill", "Paid back in seven months"),
    ),
    "tour": Page(
        "Book a guided tour",
        "Thirty minutes with one of us and your own numbers.",
        ("Tuesday to Thursday, 9:00 to 17:00", "Bring last year's water bills", "No slides"),
    ),
    "security": Page(
        "Security and data protection",
        "Your readings stay yours, in a data centre in the EU.",
        ("Encrypted in transit and at rest", "Data processing agreement ready to sign", "Deleted thirty days after the contract ends"),
    ),
    "sensors": Page(
        "Sensors",
        "Clamp-on, battery powered, ten years in the field.",
        ("No pipe is cut", "Readings every minute", "Works behind two metres of concrete"),
    ),
}
BORIS = "boris.petrov@northgate.test"  # whose inbox a newcomer opens first
