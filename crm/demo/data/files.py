"""The files that go with the demo's mails: small, but real ones that every reader opens."""

from pathlib import PurePath

from crm.demo.company import COMPANY

TABLE = "point;place;diameter_mm;litres_a_day\n" + "".join(
    f"HD2-{number:02};{place};{diameter};{litres}\n"
    for number, (place, diameter, litres) in enumerate(
        [("Cheese vat rinse", 40, 18200), ("CIP return", 50, 26400), ("Cooling tower", 80, 41000), ("Boiler feed", 32, 9700)], start=1
    )
)


def content(name: str) -> bytes:
    """What stands in the file of that name: a page for a .pdf, the metering points for a .csv."""
    return TABLE.encode() if name.endswith(".csv") else _pdf(PurePath(name).stem)


def content_type(name: str) -> str:
    """Its media type."""
    return "text/csv" if name.endswith(".csv") else "application/pdf"


def _pdf(title: str) -> bytes:
    """One A4 page with a heading (PDF 1.4, the standard font Helvetica)."""
    lines = [(22, 770, title), (12, 735, COMPANY), (12, 700, "This file belongs to Candor's demo.")]
    text = "".join(f"BT /F1 {size} Tf 60 {height} Td ({line}) Tj ET\n" for size, height, line in lines).encode("ascii")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%sendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    document, offsets = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        offsets.append(len(document))
        document += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(document)
    return document + b"xref\n0 6\n0000000000 65535 f \n%strailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (table, start)
