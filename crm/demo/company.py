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
BORIS = "boris.petrov@northgate.test"  # whose inbox a newcomer opens first
