"""Personal data over the API: masked, but for keys with personal:read, whose every read is in the audit trail."""

from core.audit.models import AuditEvent
from core.crypto.masking import mask_name
from customers.enums import ContactPointKind, CustomerKind
from customers.services import NewContactPoint, add_address, add_contact
from tests.factories.customers import make_customer
from tests.factories.partners import Partner

NAME, CONTACT, PHONE, STREET = "Zhang Wei", "Li Na Mei", "+8613812345678", "1 Harbour Road, Building 5"
REVEALING = ["customers:read", "personal:read"]


def make_person(now, number="P-1"):
    customer = make_customer(at=now, number=number, kind=CustomerKind.INDIVIDUAL, company_name="", person_name=NAME)
    points = [NewContactPoint(kind=ContactPointKind.PHONE, value=PHONE)]
    add_contact(customer=customer, name=CONTACT, points=points, at=now)
    add_address(customer=customer, street=STREET, at=now)
    return customer


def reads():
    events = AuditEvent.objects.filter(action="personal.read_by_key").order_by("happened_at")
    return [(event.actor_id, event.details) for event in events]


def test_key_without_the_scope_sees_masks_and_leaves_no_trace(tenant, now):
    customer = make_person(now)

    body = Partner(allowed=["customers:read"]).get(f"/customers/{customer.pk}").content.decode()

    assert mask_name(NAME) in body
    assert [secret for secret in (NAME, CONTACT, PHONE, STREET) if secret in body] == []
    assert reads() == []


def test_scope_shows_what_is_stored_and_each_answer_is_one_row(tenant, now):
    customer = make_person(now)
    make_person(now, "P-2")
    make_customer(at=now, number="COMPANY")
    partner = Partner(allowed=REVEALING)

    record = partner.get(f"/customers/{customer.pk}").json()
    names = {row["person_name"] for row in partner.get("/customers").json()["data"]}

    assert (record["person_name"], record["display_name"]) == (NAME, NAME)
    assert record["contacts"][0]["name"] == CONTACT
    assert record["contacts"][0]["points"][0]["value"] == PHONE
    assert record["addresses"][0]["street"] == STREET
    assert names == {NAME, ""}
    assert reads() == [
        (partner.key.pk, {"resource": "customer", "records": 1}),
        (partner.key.pk, {"resource": "customer", "records": 2}),
    ]


def test_answer_that_is_replayed_is_a_read_of_its_own(tenant, now):
    make_person(now)
    partner = Partner(allowed=REVEALING)
    search = {"method": "post", "path": "/customers/search", "body": {"query": "P-1"}, "Idempotency_Key": "key-1"}

    first, again = partner.send(**search), partner.send(**search)

    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.content == first.content
    assert NAME in again.content.decode()
    assert reads() == [(partner.key.pk, {"resource": "customer", "records": 1})] * 2


def test_answer_without_personal_data_leaves_no_trace(tenant, now):
    customer = make_person(now)
    make_customer(at=now, number="COMPANY")
    partner = Partner(allowed=REVEALING)

    partner.get("/customers", {"fields": "number"})
    partner.get("/customers", {"filter[number][eq]": "COMPANY"})
    partner.get(f"/customers/{customer.pk}", {"limit": "1"})

    assert reads() == []


def test_scope_alone_opens_nothing(tenant, now):
    customer = make_person(now)

    assert Partner(allowed=["personal:read"]).get(f"/customers/{customer.pk}").status_code == 403
    assert reads() == []
