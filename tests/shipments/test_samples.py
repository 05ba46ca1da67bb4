"""The first rows of a file, masked by what their columns look like."""

import pytest
from django.urls import reverse

from core.crypto.masking import mask_shape
from tests.factories.imports import receive

FILE = (
    "waybill_number,customer_number,Customer name,accepted_at,freight,origin_city,Receiver phone,Door\n"
    "SF-1,C-1,李小龙,2026-03-01 08:00,10.50,深圳 13800138000,138 0013 8765,科技路1号2室\n"
)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [("13800138000", "1**********"), ("138-0013 8000", "1**-**** ****"), ("li@x.example", "l*@*.*******"), ("", "")],
)
def test_shape_stays(cell, shown):
    assert mask_shape(cell) == shown


def test_page_shows_what_is_recognised_and_masks_the_rest(client_for, supervisor, now):
    run = receive(FILE, by=supervisor, at=now)
    url = reverse("shipments:columns", args=[run.pk])
    client = client_for(supervisor)

    page = client.get(url)
    # Whoever says that the phone is a waybill does not see it by that.
    again = client.post(url, {"waybill_number": "Receiver phone"})

    assert page.context["outline"].sample == [
        ["SF-1", "C-1", "李*龙", "2026-03-01 08:00", "10.50", "深圳 1******8000", "1** **** ****", "科******"]
    ]
    body = page.content.decode() + again.content.decode()
    assert again.status_code == 422
    assert [word for word in ("李小龙", "13800138000", "0013", "科技路") if word in body] == []
