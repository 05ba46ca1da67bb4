"""What is kept of the contact of these tests."""

from customers.models import Contact

PHONE = "+8613812345678"
BEFORE = ("Li Na", "Buyer", True, [("phone", PHONE, True), ("email", "li.na@shop.example", False)])


def stored(contact):
    contact = Contact.objects.get(pk=contact.pk)
    points = contact.points.order_by("id")
    return (contact.name, contact.position, contact.is_primary, [(p.kind, p.value, p.is_preferred) for p in points])
