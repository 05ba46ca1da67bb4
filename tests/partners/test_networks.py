"""From where a key is taken, and where a request is taken to come from."""

import ipaddress

import pytest
from django.test import Client, RequestFactory

from core.partners.models import ApiKey
from core.partners.networks import BadNetwork, clean_networks, client_address
from core.partners.services import create_api_key, restrict_api_key
from tests.factories.accounts import outside
from tests.factories.partners import API, Partner


def ask_from(partner, address, *, tenant, **headers):
    with outside(tenant):
        return Client(REMOTE_ADDR=address).get(f"{API}/customers", headers={**partner.headers, **headers})


def test_clean_networks_writes_each_once_and_in_full():
    assert clean_networks([" 10.0.0.0/8", "203.0.113.7", "10.0.0.0/8", "2001:DB8::/32"]) == [
        "10.0.0.0/8",
        "203.0.113.7/32",
        "2001:db8::/32",
    ]


@pytest.mark.parametrize("text", ["", "10.0.0.1/8", "10.0.0.0/33", "example.com", "10.0.0.0/8 ; drop", "\0"])
def test_create_api_key_with_a_bad_network_is_refused(tenant, now, text):
    with pytest.raises(BadNetwork):
        create_api_key(name="K", scopes=["tiers:read"], networks=[text], expires_at=None, by=None, at=now)

    assert ApiKey.objects.count() == 0


def test_clean_networks_of_too_many_is_refused():
    with pytest.raises(BadNetwork):
        clean_networks([f"10.0.{number}.0/24" for number in range(51)])


@pytest.mark.parametrize(
    ("address", "status"),
    [("203.0.113.9", 200), ("203.0.114.9", 403), ("2001:db8::1", 200), ("::ffff:203.0.113.9", 200), ("", 403)],
)
def test_key_is_taken_from_its_networks_alone(tenant, address, status):
    partner = Partner(networks=["203.0.113.0/24", "2001:db8::/32"])

    response = ask_from(partner, address, tenant=tenant)

    assert response.status_code == status
    if status == 403:
        assert response.json()["code"] == "address_refused"
        assert (address or "–") in response.json()["detail"]
        assert ApiKey.objects.get().last_used_at is None


def test_key_without_networks_is_taken_from_anywhere(tenant):
    assert ask_from(Partner(), "198.51.100.1", tenant=tenant).status_code == 200


def test_restrict_api_key_holds_at_once(tenant, administrator, now):
    partner = Partner()

    restrict_api_key(key=partner.key, networks=["203.0.113.0/24"], by=administrator, at=now)

    assert ask_from(partner, "198.51.100.1", tenant=tenant).status_code == 403
    assert ask_from(partner, "203.0.113.1", tenant=tenant).status_code == 200


def test_header_of_a_stranger_moves_nobody(tenant):
    partner = Partner(networks=["203.0.113.0/24"])

    assert ask_from(partner, "198.51.100.1", tenant=tenant, X_Forwarded_For="203.0.113.9").status_code == 403


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("198.51.100.1", "203.0.113.9", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "192.0.2.66, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", None),
        ("10.0.0.1", "203.0.113.9, nonsense", None),
        ("", "203.0.113.9", "203.0.113.9"),
        ("", "", None),
    ],
)
def test_client_address_behind_trusted_proxies(settings, peer, forwarded, found):
    settings.TRUSTED_PROXIES = ["10.0.0.0/8", "unix"]
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"X-Forwarded-For": forwarded})

    assert client_address(request) == (found and ipaddress.ip_address(found))
