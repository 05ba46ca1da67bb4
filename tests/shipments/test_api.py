from datetime import timedelta

import pytest
from django.test import Client

from shipments.models import ScanEvent, Shipment
from tests.factories.accounts import outside
from tests.factories.partners import API, Partner, check_described
from tests.factories.tiering import make_shipped

LIST_QUERIES = 6
RECORD_QUERIES = 7


def test_shipment_with_its_scans(tenant, now):
    customer = make_shipped("N-1", (now, "12.50"), at=now)
    shipment = Shipment.objects.get()
    Shipment.objects.update(
        waybill_number="W-1",
        refunds="20.00",
        declared_value="1000.00",
        services=["insured_value"],
        exceptions=["late", "damaged"],
        transport_mode="air",
        weight_g=1200,
    )
    for kind, hours in (("delivered", 9), ("picked_up", 1)):
        ScanEvent.objects.create(
            shipment=shipment, kind=kind, happened_at=now + timedelta(hours=hours), outlet="Bonn", courier="K-7"
        )

    answer = Partner().get(f"/shipments/{shipment.pk}").json()

    check_described("/shipments/{id}", answer)
    money = {"currency": "CNY"}
    assert answer == {
        "id": str(shipment.pk),
        "waybill_number": "W-1",
        "customer_id": str(customer.pk),
        "customer_number": "N-1",
        "status": "accepted",
        "accepted_at": "2026-03-02T04:30:00Z",
        "picked_up_at": None,
        "promised_at": None,
        "delivered_at": None,
        "freight": {"amount": "12.50", **money},
        "surcharges": {"amount": "0.00", **money},
        "refunds": {"amount": "20.00", **money},
        "contribution": {"amount": "-7.50", **money},
        "declared_value": {"amount": "1000.00", **money},
        "cod_amount": None,
        "goods_category": "",
        "service_product": "",
        "transport_mode": "air",
        "booking_channel": None,
        "packaging": None,
        "services": ["insured_value"],
        "exceptions": ["late", "damaged"],
        "lateness": [],
        "weight_g": 1200,
        "length_cm": None,
        "width_cm": None,
        "height_cm": None,
        "origin_city": "",
        "origin_region": "",
        "destination_city": "",
        "destination_region": "",
        "version": 1,
        "scans": [
            {
                "id": str(ScanEvent.objects.get(kind=kind).pk),
                "kind": kind,
                "exception": None,
                "happened_at": happened_at,
                "place": "",
                "outlet": "Bonn",
                "courier": "K-7",
            }
            for kind, happened_at in (("picked_up", "2026-03-02T05:30:00Z"), ("delivered", "2026-03-02T13:30:00Z"))
        ],
    }


def test_list_of_shipments_is_filtered_sorted_and_as_described(tenant, now):
    first = make_shipped("N-1", (now, "1.00"), (now + timedelta(days=2), "2.00"), at=now)
    make_shipped("N-2", (now + timedelta(days=1), "3.00"), at=now)
    partner = Partner()

    def found(**params):
        answer = partner.get("/shipments", params).json()
        check_described("/shipments", answer)
        return [row["freight"]["amount"] for row in answer["data"]]

    assert found() == ["2.00", "3.00", "1.00"]
    assert found(sort="accepted_at") == ["1.00", "3.00", "2.00"]
    assert found(**{"filter[customer_id][eq]": str(first.pk)}) == ["2.00", "1.00"]
    assert found(**{"filter[customer_number][eq]": "N-2"}) == ["3.00"]
    assert found(**{"filter[accepted_at][gt]": "2026-03-02T04:30:00Z"}) == ["2.00", "3.00"]
    waybill = Shipment.objects.get(freight="3.00").waybill_number
    assert found(**{"filter[waybill_number][in]": f"{waybill},X"}) == ["3.00"]
    assert found(**{"filter[status][ne]": "accepted"}) == []
    assert partner.get("/shipments", {"filter[origin_city][eq]": "Bonn"}).status_code == 400
    assert partner.get("/shipments", {"filter[customer_id][eq]": "N-1"}).status_code == 400


@pytest.mark.parametrize("rows", [3, 300])
def test_list_asks_the_same_number_of_queries(rows, tenant, now, django_assert_num_queries):
    make_shipped("N-1", *((now + timedelta(minutes=index), "1.00") for index in range(rows)), at=now)
    partner = Partner()
    partner.get("/shipments")

    with outside(tenant), django_assert_num_queries(LIST_QUERIES):
        answer = Client().get(f"{API}/shipments", {"limit": 200}, headers=partner.headers)

    assert len(answer.json()["data"]) == min(rows, 200)


@pytest.mark.parametrize("scans", [3, 30])
def test_record_asks_the_same_number_of_queries(scans, tenant, now, django_assert_num_queries):
    make_shipped("N-1", (now, "1.00"), at=now)
    shipment = Shipment.objects.get()
    for index in range(scans):
        ScanEvent.objects.create(shipment=shipment, kind="arrived", happened_at=now + timedelta(hours=index))
    partner = Partner()
    partner.get("/shipments")

    with outside(tenant), django_assert_num_queries(RECORD_QUERIES):
        answer = Client().get(f"{API}/shipments/{shipment.pk}", headers=partner.headers)

    assert len(answer.json()["scans"]) == scans
