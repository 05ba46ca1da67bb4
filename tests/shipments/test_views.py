from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from shipments.models import ScanEvent, Shipment
from tests.factories.accounts import inside
from tests.factories.customers import make_customer, panels_of

LIST_QUERIES = 8
RECORD_QUERIES = 8


def ship(customer, number, at, **fields):
    return Shipment.objects.create(customer=customer, waybill_number=number, accepted_at=at, **fields)


def ship_many(customer, count, at):
    Shipment.objects.bulk_create(
        Shipment(customer=customer, waybill_number=f"M-{index:04}", accepted_at=at + timedelta(minutes=index))
        for index in range(count)
    )


@pytest.mark.parametrize("rows", [3, 300])
def test_list_asks_the_same_number_of_queries(rows, client_for, agent, now, django_assert_num_queries):
    ship_many(make_customer(at=now), rows, now)
    client = client_for(agent)
    client.get(reverse("shipments:list"))

    with django_assert_num_queries(LIST_QUERIES):
        response = client.get(reverse("shipments:list"))

    assert len(response.context["rows"]) == min(rows, 50)


@pytest.mark.parametrize("rows", [3, 300])
def test_record_page_asks_the_same_number_of_queries(rows, client_for, agent, now, django_assert_num_queries):
    shipment = ship(make_customer(at=now), "W-1", now)
    ScanEvent.objects.bulk_create(
        ScanEvent(shipment=shipment, kind="sorted", happened_at=now + timedelta(minutes=index)) for index in range(rows)
    )
    client = client_for(agent)
    url = reverse("shipments:detail", args=[shipment.pk])
    client.get(url)

    with django_assert_num_queries(RECORD_QUERIES):
        response = client.get(url)

    assert len(response.context["scans"]) == rows


def test_list_filters(client_for, agent, now):
    first, second = make_customer(at=now, number="C-1"), make_customer(at=now, number="C-10")
    ship(first, "A-1", now, status="delivered", service_product="Express")
    ship(first, "A-2", now - timedelta(days=3), transport_mode="air", service_product="Economy")
    ship(second, "B-1", now - timedelta(days=9))
    client = client_for(agent)

    def shown(**params):
        return [row.waybill_number for row in client.get(reverse("shipments:list"), params).context["rows"]]

    assert shown() == ["A-1", "A-2", "B-1"]
    assert shown(sort="accepted") == ["B-1", "A-2", "A-1"]
    assert shown(waybill="A-") == ["A-1", "A-2"]
    assert shown(customer="C-1") == ["A-1", "A-2"]
    assert shown(status="delivered") == ["A-1"]
    assert shown(service="Ec") == ["A-2"]
    assert shown(transport_mode="air") == ["A-2"]
    assert shown(accepted_from="2026-02-20", accepted_to="2026-02-27") == ["A-2", "B-1"]
    assert shown(status="teleported") == []
    assert shown(colour="red") == []


def test_list_days_are_the_tenants(client_for, agent, now):
    """The tenant lives in Shanghai, eight hours ahead of UTC."""
    customer = make_customer(at=now)
    ship(customer, "W-1", datetime(2026, 2, 28, 15, 59, tzinfo=UTC))
    ship(customer, "W-2", datetime(2026, 2, 28, 16, 0, tzinfo=UTC))

    response = client_for(agent).get(reverse("shipments:list"), {"accepted_from": "2026-03-01"})

    assert [row.waybill_number for row in response.context["rows"]] == ["W-2"]


def test_list_goes_on_where_it_stopped(client_for, agent, now):
    """Times repeat, so the place in the list needs the id too."""
    customer = make_customer(at=now)
    Shipment.objects.bulk_create(
        Shipment(customer=customer, waybill_number=f"W-{index:03}", accepted_at=now) for index in range(120)
    )
    client = client_for(agent)

    seen, url = [], reverse("shipments:list")
    while url:
        page = client.get(url).context["list"]
        seen += [row.waybill_number for row in page.rows]
        url = page.more_url

    assert seen == [f"W-{index:03}" for index in reversed(range(120))]


def test_record_page_shows_every_fact(client_for, agent, now):
    customer = make_customer(at=now, company_name="Blue Kiln")
    shipment = ship(
        customer,
        "W-1",
        now,
        status="in_transit",
        freight="1200.50",
        surcharges="3.25",
        refunds="1.75",
        declared_value="77.10",
        cod_amount="66.20",
        goods_category="Tiles",
        service_product="Express",
        transport_mode="air",
        booking_channel="pickup",
        packaging="reusable",
        services=["insured_value", "signed_return"],
        exceptions=["late"],
        weight_g=20_000,
        length_cm=30,
        width_cm=20,
        height_cm=10,
        origin_city="Leeds",
        origin_region="North",
        destination_city="Cardiff",
        destination_region="Wales",
    )
    ScanEvent.objects.create(
        shipment=shipment, kind="exception", exception="late", happened_at=now, outlet="Depot 4", courier="K-12"
    )

    body = client_for(agent).get(reverse("shipments:detail", args=[shipment.pk])).content.decode()

    for words in (
        "Blue Kiln",
        "In transit",
        "2026-03-02 12:30",
        "¥1,200.50",
        "¥3.25",
        "¥1.75",
        "¥1,202.00",
        "¥77.10",
        "¥66.20",
        "Tiles",
        "Express",
        "Air",
        "Pickup",
        "Reusable box",
        "Insured value",
        "Signed return",
        "Late",
        "20 kg",
        "30 × 20 × 10 cm",
        "Leeds, North",
        "Cardiff, Wales",
        "Exception: Late",
        "Depot 4 · K-12",
        reverse("customers:detail", args=[customer.pk]),
    ):
        assert words in body, words


def test_scan_trace_stands_newest_first(client_for, agent, now):
    shipment = ship(make_customer(at=now), "W-1", now)
    for hours, kind in enumerate(("picked_up", "sorted", "delivered")):
        ScanEvent.objects.create(shipment=shipment, kind=kind, happened_at=now + timedelta(hours=hours))

    response = client_for(agent).get(reverse("shipments:detail", args=[shipment.pk]))

    assert [scan["title"] for scan in response.context["scans"]] == ["Delivered", "Sorted", "Picked up"]


def test_shipments_of_another_tenant_are_not_there(client_for, agent, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        theirs = ship(make_customer(at=now, number="C-1"), "W-1", now, origin_city="Elsewhere")
    client = client_for(agent)

    record = client.get(reverse("shipments:detail", args=[theirs.pk]))
    rows = client.get(reverse("shipments:list"), {"customer": "C-1"}).context["rows"]
    found = client.get(reverse("web:search"), {"q": "W-1"})

    assert (record.status_code, rows, found.status_code) == (404, [], 200)
    assert "Elsewhere" not in record.content.decode()
    assert found.context["groups"] == []


def test_pages_ask_to_sign_in(client, tenant, now):
    shipment = ship(make_customer(at=now), "W-1", now)

    for url in (reverse("shipments:list"), reverse("shipments:detail", args=[shipment.pk])):
        assert client.get(url).url.startswith(reverse("account_login"))


def test_search_finds_waybills_by_their_beginning(client_for, agent, now):
    customer = make_customer(at=now, company_name="Blue Kiln")
    whole = ship(customer, "PW-100", now)
    ship(customer, "PW-1001", now)
    client = client_for(agent)

    groups = client.get(reverse("web:search"), {"q": "PW-10"}).context["groups"]
    exact = client.get(reverse("web:search"), {"q": "PW-100"})

    assert [(hit.title, hit.subtitle) for hit in groups[0].hits] == [("PW-100", "Blue Kiln"), ("PW-1001", "Blue Kiln")]
    assert exact.url == reverse("shipments:detail", args=[whole.pk])


def test_customer_page_leads_to_its_shipments(client_for, agent, now):
    customer = make_customer(at=now, number="C/1 & 2")
    shipment = ship(customer, "W-1", now, freight=Decimal("10.50"))
    ship(make_customer(at=now), "W-2", now)
    client = client_for(agent)

    body = panels_of(client, customer)
    listed = client.get(reverse("shipments:list") + "?customer=C%2F1%20%26%202").context["rows"]

    assert reverse("shipments:detail", args=[shipment.pk]) in body
    assert reverse("shipments:list") + "?customer=C%2F1%20%26%202" in body
    assert [row.waybill_number for row in listed] == ["W-1"]


def test_search_finds_a_waybill_however_it_is_typed(client_for, agent, now):
    ship(make_customer(at=now), "SF-0001", now)
    shipment = Shipment.objects.get()
    client = client_for(agent)

    part = client.get(reverse("web:search"), {"q": "sf-0"}).content.decode()
    whole = client.get(reverse("web:search"), {"q": "ｓｆ-0001"})

    assert "SF-0001" in part
    assert whole.url == reverse("shipments:detail", args=[shipment.pk])
