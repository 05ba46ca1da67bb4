"""Files in a demo courier's archive: what was signed with its best customers."""

import io
from datetime import date, timedelta

from core.accounts.enums import Role
from core.accounts.models import User
from core.tenancy.clock import day_start
from courier_crm.demo.couriers import Courier
from customers.models import Customer
from documents.services import add_document

SIGNED_WITH = 3
SIGNED_DAYS_AGO = 190


def make_papers(courier: Courier, people: dict[Role, User], *, today: date) -> None:
    """Keep the signed agreement of each of the customers that contribute most."""
    at = day_start(today - timedelta(days=SIGNED_DAYS_AGO), courier.time_zone)
    by = people[Role.ACCOUNT_MANAGER]
    for customer in Customer.objects.order_by("-contribution", "number")[:SIGNED_WITH]:
        name = courier.agreement_name.format(number=customer.number)
        file = io.BytesIO(_page(f"{courier.slug.title()}: agreement with {customer.number}"))
        add_document(customer=customer, file=file, name=name, note=courier.agreement_note, by=by, at=at)


def _page(words: str) -> bytes:
    """Return a PDF of one page that says these ASCII words (ISO 32000-1, 7.5)."""
    drawn = f"BT /F1 18 Tf 72 720 Td ({words}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 5 0 R >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(drawn), drawn),
        b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>",
    ]
    file, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    table = b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<< /Size %d /Root 1 0 R >>\n" % (size, table, size)
    return file + table + b"startxref\n%d\n%%%%EOF\n" % len(file)
