import re
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from core.partners.keys import KeyText
from core.partners.models import ApiKey
from core.partners.selectors import find_api_key
from core.partners.services import create_api_key
from tests.factories.accounts import inside, outside
from tests.factories.partners import Partner

LIST_QUERIES = 6
POSTED = {"name": "ERP", "scopes": ["customers:read", "tiers:read"], "expires_on": ""}


@pytest.fixture
def key(administrator, now):
    made, _text = create_api_key(name="Old", scopes=["tiers:read"], expires_at=None, by=administrator, at=now)
    return made


def shown_key(response):
    found = set(re.findall(r"crm_live_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", response.content.decode()))
    assert len(found) == 1
    return found.pop()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "htmx"])
def test_create_key_shows_it_once(client_for, administrator, tenant, headers):
    client = client_for(administrator)

    response = client.post(reverse("console:create_key"), POSTED, headers=headers)

    assert response.status_code == 201
    assert "no-store" in response.headers["Cache-Control"]
    assert 'id="form"' in response.content.decode()
    text = shown_key(response)
    with outside(tenant):
        found = find_api_key(text, at=datetime.now(UTC))
    assert (found.name, found.scopes) == ("ERP", ["customers:read", "tiers:read"])
    assert ApiKey.objects.get().created_by == administrator
    secret = KeyText.parse(text).secret
    for address in (reverse("console:keys"), reverse("console:key", args=[found.pk])):
        assert secret not in client.get(address).content.decode()


def test_create_key_works_up_to_the_end_of_its_last_day_in_the_tenants_zone(client_for, administrator):
    client_for(administrator).post(reverse("console:create_key"), {**POSTED, "expires_on": "2099-12-31"})

    assert ApiKey.objects.get().expires_at == datetime(2099, 12, 31, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "Old"}, "name"),
        ({"name": ""}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["people:write"]}, "scopes"),
        ({"expires_on": "2020-01-01"}, "expires_on"),
        ({"expires_on": "soon"}, "expires_on"),
        ({"expires_on": "9999-12-31"}, "expires_on"),
    ],
)
def test_create_key_that_is_refused_says_so_beside_the_field(client_for, administrator, key, change, field):
    response = client_for(administrator).post(reverse("console:create_key"), {**POSTED, **change})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert [each.name for each in ApiKey.objects.all()] == ["Old"]


def test_page_sent_twice_makes_one_key(client_for, administrator):
    client = client_for(administrator)

    answers = [client.post(reverse("console:create_key"), POSTED).status_code for _ in range(2)]

    assert answers == [201, 422]
    assert ApiKey.objects.count() == 1


def test_list_shows_state_and_use(client_for, administrator, key, now):
    make = {"scopes": ["tiers:read"], "by": None, "at": now}
    create_api_key(name="Gone", expires_at=now + timedelta(days=1), **make)
    ApiKey.objects.filter(name="Gone").update(last_used_at=now)

    body = client_for(administrator).get(reverse("console:keys")).content.decode()

    assert body.count("Never") == 1
    for words in ("Expired", "Active", f"crm_live_{key.prefix}", administrator.name):
        assert words in body


def test_revoke_key_ends_it_at_once(client_for, administrator):
    partner = Partner()
    assert partner.get("/customers").status_code == 200

    response = client_for(administrator).post(reverse("console:revoke_key", args=[partner.key.pk]))

    assert (response.status_code, response.url) == (302, reverse("console:keys"))
    assert partner.get("/customers").status_code == 401
    body = client_for(administrator).get(reverse("console:key", args=[partner.key.pk])).content.decode()
    assert reverse("console:revoke_key", args=[partner.key.pk]) not in body


def test_revoke_key_twice_says_so(client_for, administrator, key):
    client = client_for(administrator)
    client.post(reverse("console:revoke_key", args=[key.pk]))
    first = ApiKey.objects.get().revoked_at

    response = client.post(reverse("console:revoke_key", args=[key.pk]), follow=True)

    assert "Somebody else has already revoked this key." in response.content.decode()
    assert ApiKey.objects.get().revoked_at == first


@pytest.mark.parametrize(
    ("method", "name"),
    [("get", "keys"), ("get", "create_key"), ("post", "create_key"), ("get", "key"), ("post", "revoke_key")],
)
def test_keys_are_for_administrators(client_for, supervisor, key, method, name):
    address = reverse(f"console:{name}", args=[key.pk] if name in {"key", "revoke_key"} else [])

    response = getattr(client_for(supervisor), method)(address, POSTED)

    assert response.status_code == 403
    assert [(each.name, each.revoked_at) for each in ApiKey.objects.all()] == [("Old", None)]


def test_key_of_another_tenant_is_not_found_and_not_changed(client_for, administrator, tenant, other_tenant):
    with inside(other_tenant, leaving=tenant):
        theirs = Partner().key
    client = client_for(administrator)

    answers = [
        client.get(reverse("console:key", args=[theirs.pk])),
        client.post(reverse("console:revoke_key", args=[theirs.pk])),
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    with inside(other_tenant, leaving=tenant):
        assert ApiKey.objects.get().revoked_at is None


@pytest.mark.parametrize("rows", [3, 300])
def test_list_asks_the_same_number_of_queries(rows, client_for, administrator, now, django_assert_num_queries):
    for index in range(rows):
        at = now + timedelta(minutes=index)
        create_api_key(name=f"K{index}", scopes=["tiers:read"], expires_at=None, by=administrator, at=at)
    client = client_for(administrator)
    client.get(reverse("console:keys"))

    with django_assert_num_queries(LIST_QUERIES):
        response = client.get(reverse("console:keys"))

    assert len(response.context["rows"]) == min(rows, 50)
