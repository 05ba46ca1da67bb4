"""Partners write customers, contacts and addresses through the services of the pages."""

import pytest
from django.test import Client

from core.audit.models import AuditEvent
from core.crypto.masking import mask_name
from customers.enums import ContactPointKind
from customers.models import Address, Contact, ContactPoint, Customer, CustomerToken, ManagerTerm
from customers.services import NewContactPoint, add_address, add_contact
from tests.factories.accounts import outside
from tests.factories.customers import make_customer
from tests.factories.partners import API, Partner, check_described

# Seven that do something, the savepoints of the request, of the service and of the number that may be taken, and five
# that look for whom it may be.
# The lock and the look-up are one; the other keeps the answer.
IDEMPOTENCY_QUERIES = 2
CREATE_QUERIES = 19
NOBODY = "01a20b58-50a6-76ce-a6cb-5f519fa8d44d"
FACTS = {
    "kind": "individual",
    "person_name": "Zhang Wei",
    "birthday": "1990-02-03",
    "special_needs": "Ring twice",
    "region": "Bonn",
    "tags": ["fragile", "fragile", "big"],
    "preferred_channel": "phone",
    "preferred_language": "zh-hans",
}


@pytest.fixture
def partner(tenant):
    return Partner()


def test_create_customer(partner, account_manager):
    answer = partner.send(
        "post", "/customers", {"number": " n-1 ", **FACTS, "account_manager_id": account_manager.id.hex}
    )

    stored = Customer.objects.get()
    assert answer.status_code == 201
    check_described("/customers", answer.json(), method="post", status=201)
    assert answer.headers["Location"] == f"/api/v1/customers/{stored.pk}"
    assert answer.json()["person_name"] == mask_name("Zhang Wei")
    assert (answer.json()["birthday"], answer.json()["special_needs"]) == ("****", "****")
    assert (stored.number, stored.person_name, stored.birthday, stored.special_needs) == (
        "n-1",
        "Zhang Wei",
        "1990-02-03",
        "Ring twice",
    )
    assert (stored.tags, stored.account_manager) == (["fragile", "big"], account_manager)
    assert CustomerToken.objects.filter(customer_id=stored.pk).exists()
    assert AuditEvent.objects.get(action="customer.created").actor_id == partner.key.pk


def test_create_customer_with_a_number_that_is_taken(partner, now):
    make_customer(at=now, number="N-1")

    answer = partner.send("post", "/customers", {"number": "N-1", "company_name": "Acme"})

    assert (answer.status_code, answer.json()["code"]) == (409, "customer_number_taken")
    assert answer.json()["errors"][0]["pointer"] == "#/number"
    assert Customer.objects.count() == 1


def test_patch_changes_what_it_names_alone(partner, now):
    partner.send("post", "/customers", {"number": "N-1", **FACTS})
    path = f"/customers/{Customer.objects.get().pk}"

    answer = partner.send("patch", path, {"region": "Köln", "birthday": None, "special_needs": ""}, If_Match='"1"')

    stored = Customer.objects.get()
    assert answer.status_code == 200
    check_described("/customers/{id}", answer.json(), method="patch")
    assert (stored.region, stored.birthday, stored.special_needs) == ("Köln", None, None)
    assert (stored.person_name, stored.tags, stored.version) == ("Zhang Wei", ["fragile", "big"], 2)


@pytest.mark.parametrize("body", [{}, {"region": "Bonn"}, {"person_name": "Zhang Wei", "tags": ["fragile", "big"]}])
def test_patch_that_changes_nothing_writes_nothing(partner, body):
    partner.send("post", "/customers", {"number": "N-1", **FACTS})
    events = AuditEvent.objects.count()

    answer = partner.send("patch", f"/customers/{Customer.objects.get().pk}", body, If_Match="*")

    assert (answer.status_code, answer.json()["version"], AuditEvent.objects.count()) == (200, 1, events)


@pytest.mark.parametrize(
    ("body", "pointer"), [({"person_name": ""}, "#/person_name"), ({"kind": "company"}, "#/company_name")]
)
def test_patch_that_takes_the_name_is_refused(partner, body, pointer):
    partner.send("post", "/customers", {"number": "N-1", **FACTS})

    answer = partner.send("patch", f"/customers/{Customer.objects.get().pk}", body, If_Match="*")

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    assert Customer.objects.get().version == 1


def test_put_creates_then_changes_then_changes_nothing(partner):
    path, body = "/customers/by-number/N-1", {"company_name": "Acme", "region": "Bonn"}

    created = partner.send("put", path, body)
    same = partner.send("put", path, body)
    changed = partner.send("put", path, {"region": "Köln"})

    assert [each.status_code for each in (created, same, changed)] == [201, 200, 200]
    assert [each.json()["version"] for each in (created, same, changed)] == [1, 1, 2]
    assert changed.json()["company_name"] == "Acme"
    check_described("/customers/by-number/{number}", created.json(), method="put", status=201)
    assert partner.get(path).json() == changed.json()
    assert partner.get("/customers/by-number/N-2").status_code == 404


def test_put_of_a_number_that_cannot_be_one(partner):
    answer = partner.send("put", "/customers/by-number/a%E2%80%8Bb", {"company_name": "Acme"})

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_number")
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["parameter"]) == ("#/path/number", "number")
    assert Customer.objects.count() == 0
    assert partner.send("put", f"/customers/by-number/{'N' * 41}", {"company_name": "Acme"}).status_code == 400


@pytest.mark.parametrize("place", ["2026/1", "2026%2F1", "2026%2f1"])
def test_number_with_a_slash_has_an_address(partner, place):
    path = f"/customers/by-number/{place}"

    assert partner.send("put", path, {"company_name": "Acme"}).json()["number"] == "2026/1"
    assert partner.get(path).json()["number"] == "2026/1"


@pytest.mark.parametrize("place", ["N-1/", "/N-1", "%2FN-1", "N-1%2F", "", "/"])
def test_slash_at_the_end_of_a_number_is_a_mistake_in_the_address(partner, place):
    answer = partner.send("put", f"/customers/by-number/{place}", {"company_name": "Acme"})

    assert (answer.status_code, Customer.objects.count()) == (404, 0)


@pytest.fixture
def customer(tenant, now):
    return make_customer(at=now, number="N-1")


def test_contact_is_added_changed_and_removed(partner, customer):
    base = f"/customers/{customer.pk}/contacts"
    points = [
        {"kind": "phone", "value": "138 1234 5678", "is_preferred": True},
        {"kind": "email", "value": "lin@example.com"},
    ]

    added = partner.send("post", base, {"name": "Lin Mei", "is_primary": True, "points": points})
    path = added.headers["Location"].removeprefix("/api/v1")
    kept = ContactPoint.objects.get(kind="phone")
    changed = partner.send(
        "patch",
        path,
        {"position": "Buyer", "points": [{"kind": "phone", "value": "+86 13812345678"}]},
        If_Match=added.headers["ETag"],
    )

    check_described("/customers/{customer}/contacts", added.json(), method="post", status=201)
    check_described("/customers/{customer}/contacts/{id}", changed.json(), method="patch")
    assert (added.status_code, changed.status_code) == (201, 200)
    contact = Contact.objects.get()
    assert (contact.name, contact.position, contact.is_primary, contact.version) == ("Lin Mei", "Buyer", True, 2)
    assert [(p.pk, p.value, p.is_preferred) for p in contact.points.all()] == [(kept.pk, "+8613812345678", False)]
    assert [row["id"] for row in partner.get(base).json()["data"]] == [str(contact.pk)]
    assert partner.send("delete", path).status_code == 204
    assert (Contact.objects.count(), ContactPoint.objects.count()) == (0, 0)


def test_partner_says_what_is_known_of_a_point_that_it_sees_masked(partner, customer):
    points = [{"kind": "phone", "value": "138 1234 5678", "is_preferred": True, "verified_how": "code"}]
    added = partner.send("post", f"/customers/{customer.pk}/contacts", {"name": "Lin Mei", "points": points})
    path = added.headers["Location"].removeprefix("/api/v1")
    [shown] = added.json()["points"]
    assert (shown["source"], shown["verified_how"], shown["opted_out_at"]) == ("partner", "code", None)

    def change(etag, **said):
        points = [{"id": shown["id"], "kind": "phone", **said}]
        return partner.send("patch", path, {"points": points}, If_Match=etag)

    out = change(added.headers["ETag"], opted_out_how="web")
    refused = change(out.headers["ETag"], is_preferred=True)
    unknown = partner.send("patch", path, {"points": [{"id": NOBODY, "kind": "phone"}]}, If_Match=out.headers["ETag"])

    check_described("/customers/{customer}/contacts/{id}", out.json(), method="patch")
    [point] = out.json()["points"]
    assert (point["id"], point["is_preferred"], point["verified_how"]) == (shown["id"], False, "code")
    assert (point["opted_out_how"], point["opted_out_at"] is not None) == ("web", True)
    assert (refused.status_code, refused.json()["code"]) == (400, "preferred_opted_out")
    assert (unknown.status_code, unknown.json()["code"]) == (400, "no_such_contact_point")
    assert ContactPoint.objects.get().value == "+8613812345678"
    again = change(out.headers["ETag"], opted_out_how=None, is_preferred=True).json()["points"][0]
    assert (again["is_preferred"], again["opted_out_at"], again["opted_out_how"]) == (True, None, None)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/name"),
        ({"name": ""}, "#/name"),
        ({"name": "L", "customer": "x"}, "#/customer"),
        ({"name": "L", "id": "x"}, "#/id"),
        ({"name": "L", "is_primary": "yes"}, "#/is_primary"),
        ({"name": "L", "points": [{"kind": "phone", "value": "call me"}]}, "#/points/0/value"),
        ({"name": "L", "points": [{"kind": "email", "value": "x"}]}, "#/points/0/value"),
        ({"name": "L", "points": [{"kind": "fax", "value": "1"}]}, "#/points/0/kind"),
        ({"name": "L", "points": [{"kind": "wechat", "value": "a", "id": "x"}]}, "#/points/0/id"),
        ({"name": "L", "points": [{"kind": "wechat", "value": "a", "is_preferred": True}] * 2}, "#/points"),
        ({"name": "L", "points": [{"kind": "wechat", "value": "a"}] * 11}, "#/points"),
        ({"name": "L", "points": {"kind": "wechat"}}, "#/points"),
        ({"name": "L", "points": [{"kind": "wechat"}]}, "#/points/0/value"),
        ({"name": "L", "points": [{"kind": "wechat", "id": NOBODY}]}, "#/points"),
        (
            {"name": "L", "points": [{"kind": "wechat", "value": "a", "verified_how": "guess"}]},
            "#/points/0/verified_how",
        ),
        ({"name": "L", "points": [{"kind": "wechat", "value": "a", "added_at": None}]}, "#/points/0/added_at"),
    ],
)
def test_contact_that_is_not_taken(partner, customer, body, pointer):
    answer = partner.send("post", f"/customers/{customer.pk}/contacts", body)

    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert Contact.objects.count() == 0


def test_address_is_added_changed_and_removed(partner, customer, now):
    first = add_address(customer=customer, street="1 Old Road", is_primary=True, at=now)
    base = f"/customers/{customer.pk}/addresses"

    added = partner.send("post", base, {"street": "12 Dock Road", "city": "Bonn", "is_primary": True})
    path = added.headers["Location"].removeprefix("/api/v1")
    changed = partner.send("patch", path, {"label": "Warehouse"}, If_Match=added.headers["ETag"])

    check_described("/customers/{customer}/addresses/{id}", changed.json(), method="patch")
    stored = Address.objects.get(pk=added.json()["id"])
    assert (stored.street, stored.label, stored.city, stored.is_primary) == ("12 Dock Road", "Warehouse", "Bonn", True)
    assert Address.objects.get(pk=first.pk).is_primary is False
    assert partner.send("delete", path).status_code == 204
    assert [address.pk for address in Address.objects.all()] == [first.pk]


def test_address_in_one_line_is_stored_in_parts(partner, customer):
    base = f"/customers/{customer.pk}/addresses"

    added = partner.send("post", base, {"line": "广东深圳南山区科技园路1号"})
    path = added.headers["Location"].removeprefix("/api/v1")
    changed = partner.send("patch", path, {"line": "上海市黄浦区南京东路1号"}, If_Match=added.headers["ETag"])

    parts = ("country", "region", "city", "district", "division_code")
    assert [added.json()[name] for name in parts] == ["CN", "广东省", "深圳市", "南山区", "440305"]
    assert [changed.json()[name] for name in parts] == ["CN", "上海市", "上海市", "黄浦区", "310101"]
    assert Address.objects.get().street == "南京东路1号"


def test_answer_notes_that_of_an_address_only_the_street_is_known(partner, customer):
    path = f"/customers/{customer.pk}/addresses"

    sent = [{"line": "科技园路1号"}, {"line": "广东深圳南山区科技园路1号"}, {"street": "1 Dock Road", "country": "GB"}]
    answers = [partner.send("post", path, body) for body in sent]

    assert [(answer.status_code, answer.json()["notes"]) for answer in answers] == [
        (201, ["place_unknown"]),
        (201, []),
        (201, []),
    ]


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"line": "上海市黄浦区南京东路1号", "city": "上海市"}, "#/line", "invalid"),
        ({"city": "上海市"}, "#/street", "required"),
        ({"street": "1", "country": "XX"}, "#/country", "invalid_choice"),
        ({"street": "1", "division_code": "310101"}, "#/division_code", "not_writable"),
        ({"street": "1", "region": "广东省", "city": "杭州市"}, None, "place_mismatch"),
    ],
)
def test_address_that_is_no_place_is_refused(partner, customer, body, pointer, code):
    answer = partner.send("post", f"/customers/{customer.pk}/addresses", body)

    problem = answer.json()
    assert answer.status_code == 400
    if pointer is None:
        assert (problem["code"], problem["detail"]) == (code, "杭州市 is not in 广东省.")
    else:
        assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [(pointer, code)]
    assert Address.objects.count() == 0


def test_part_of_another_customer_is_not_found(partner, customer, now):
    other = make_customer(at=now, number="N-2")
    contact = add_contact(customer=other, name="Lin", at=now)

    answer = partner.get(f"/customers/{customer.pk}/contacts/{contact.pk}")

    assert answer.status_code == 404
    assert partner.get(f"/customers/{other.pk}/contacts/{contact.pk}").status_code == 200


def test_search_tells_why_a_customer_was_found(partner, customer, now):
    points = [NewContactPoint(kind=ContactPointKind.PHONE, value="+8613812345678")]
    add_contact(customer=customer, name="Lin Mei", points=points, at=now)

    answer = partner.send("post", "/customers/search", {"query": "5678"})

    check_described("/customers/search", answer.json(), method="post")
    (hit,) = answer.json()["data"]
    assert (hit["customer"]["number"], hit["why"]["contact_name"]) == ("N-1", mask_name("Lin Mei"))
    assert "Lin Mei" not in answer.content.decode()
    assert partner.send("post", "/customers/search", {"query": "nobody"}).json() == {"data": []}


@pytest.mark.parametrize(
    "body", [{}, {"query": ""}, {"query": 5}, {"query": "x", "limit": 0}, {"query": "x", "limit": 51}]
)
def test_search_that_is_not_understood(partner, body):
    assert partner.send("post", "/customers/search", body).status_code == 400


def test_search_reveals_by_scope_and_counts_its_hits(tenant, now):
    make_customer(at=now, number="N-1", kind="individual", company_name="", person_name="Zhang Wei")
    make_customer(at=now, number="N-2", kind="individual", company_name="", person_name="Zhang Min")
    partner = Partner(allowed=["customers:read", "personal:read"])

    answer = partner.send("post", "/customers/search", {"query": "Zhang"})

    assert {hit["customer"]["person_name"] for hit in answer.json()["data"]} == {"Zhang Wei", "Zhang Min"}
    assert AuditEvent.objects.get(action="personal.read_by_key").details == {"resource": "customer", "records": 2}


def test_scope_to_read_does_not_write_and_the_other_way_round(tenant, customer):
    reader, writer = Partner(name="R", allowed=["customers:read"]), Partner(name="W", allowed=["customers:write"])
    body = {"number": "N-9", "company_name": "Acme"}

    assert reader.send("post", "/customers", body).status_code == 403
    assert Customer.objects.count() == 1
    assert writer.get("/customers").status_code == 403
    assert writer.send("post", "/customers", body).status_code == 201


def test_create_asks_few_statements_and_answers_as_a_read_does(tenant, partner, now, django_assert_num_queries):
    partner.send("post", "/customers", {"number": "N-0", **FACTS})
    body = {"number": "N-1", **FACTS}

    with outside(tenant), django_assert_num_queries(CREATE_QUERIES):
        answer = Client().post(f"{API}/customers", body, content_type="application/json", headers=partner.headers)
    again = {**partner.headers, "Idempotency-Key": "order-1"}
    with outside(tenant), django_assert_num_queries(CREATE_QUERIES + IDEMPOTENCY_QUERIES):
        Client().post(f"{API}/customers", {**body, "number": "N-2"}, content_type="application/json", headers=again)

    read = partner.get(f"/customers/{answer.json()['id']}")
    assert (answer.status_code, answer.json()) == (201, {**read.json(), "possible_duplicates": []})
    assert answer.headers["ETag"].partition("-")[0] == read.headers["ETag"].partition("-")[0]


@pytest.mark.parametrize("to", ["colleague", None])
@pytest.mark.parametrize("method", ["patch", "put", "bulk"])
def test_stored_customers_are_not_handed_over_by_a_key_that_may_only_write(
    now, account_manager, supervisor, method, to
):
    partner = Partner(name="Few", allowed=["customers:read", "customers:write"])
    customer = make_customer(at=now, number="N-1", company_name="Acme", account_manager=account_manager)
    body = {"region": "Bonn", "account_manager_id": to and str(supervisor.pk)}

    def send(facts):
        if method == "patch":
            return partner.send("patch", f"/customers/{customer.pk}", facts, If_Match="*")
        if method == "put":
            return partner.send("put", "/customers/by-number/N-1", facts)
        return partner.send("post", "/customers/bulk?wait=true", [{"number": "N-1", **facts}])

    answer = send(body)
    problem = answer.json()["results"][0]["problem"] if method == "bulk" else answer.json()

    assert (problem["status"], problem["code"]) == (403, "may_not_assign")
    assert problem["errors"][0]["pointer"] == "#/account_manager_id"
    stored = Customer.objects.get()
    assert (stored.account_manager, stored.region, stored.version) == (account_manager, "", 1)
    assert ManagerTerm.objects.count() == 1

    same = send({**body, "account_manager_id": str(account_manager.pk)})

    assert same.status_code == 200
    assert Customer.objects.get().region == "Bonn"


def test_new_customers_have_the_account_manager_that_any_key_names(tenant, account_manager):
    partner = Partner(name="Few", allowed=["customers:read", "customers:write"])
    facts = {"company_name": "Acme", "account_manager_id": str(account_manager.pk)}

    partner.send("post", "/customers", {"number": "N-1", **facts})
    partner.send("put", "/customers/by-number/N-2", facts)
    partner.send("post", "/customers/bulk?wait=true", [{"number": "N-3", **facts}])

    assert Customer.objects.filter(account_manager=account_manager).count() == 3


def test_a_key_that_may_assign_hands_over(partner, account_manager, supervisor, now):
    customer = make_customer(at=now, number="N-1", company_name="Acme", account_manager=account_manager)

    partner.send("patch", f"/customers/{customer.pk}", {"account_manager_id": str(supervisor.pk)}, If_Match="*")

    assert Customer.objects.get().account_manager == supervisor
