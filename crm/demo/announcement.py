"""The one block that `make run` prints: where Candor is, how to sign in, what to look at first, how to stop."""

from pathlib import Path

from crm.demo.company import BORIS, COLLEAGUES, PASSWORD

RULE = "─" * 78


def announcement(*, port: int, data: Path) -> str:
    """The block as text."""
    width = max(len(colleague.email) for colleague in COLLEAGUES)
    sign_ins = [f"    {colleague.email:<{width}}   {PASSWORD}   {colleague.name}, {colleague.job}" for colleague in COLLEAGUES]
    return "\n".join(
        [
            "",
            RULE,
            f"  Candor is ready:  http://localhost:{port}",
            "",
            "  Sign in as",
            *sign_ins,
            "",
            "  Open this beside it — what a customer sees, outside of the CRM:",
            f"    http://127.0.0.1:{port}/inboxes/{BORIS}/",
            "  Send Boris a mail as Anna, open it there, follow a link, and watch the icons.",
            "",
            f"  Data and logs:  {data}",
            "  Stop:           Ctrl-C (everything is kept; `make run` goes on from there)",
            RULE,
        ]
    )
