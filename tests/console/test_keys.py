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

LIST_QUERIES = 9
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
    assert ApiKey.objects.get().owner == administrator
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
    [
        ("get", "keys"),
        ("get", "create_key"),
        ("post", "create_key"),
        ("get", "key"),
        ("post", "revoke_key"),
        ("post", "rotate_key"),
        ("post", "restrict_key"),
        ("post", "end_old_secret"),
    ],
)
def test_keys_are_for_administrators(client_for, supervisor, key, method, name):
    address = reverse(f"console:{name}", args=[] if name in {"keys", "create_key"} else [key.pk])

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


def test_rotate_key_shows_the_new_secret_once(client_for, administrator, key, tenant):
    client = client_for(administrator)

    response = client.post(reverse("console:rotate_key", args=[key.pk]), {"hours": "1"})

    assert response.status_code == 201
    text = shown_key(response)
    stored = ApiKey.objects.get()
    assert stored.old_ends_at - datetime.now(UTC) < timedelta(hours=1)
    with outside(tenant):
        assert find_api_key(text, at=datetime.now(UTC)).pk == key.pk
    page = client.get(reverse("console:key", args=[key.pk])).content.decode()
    assert KeyText.parse(text).secret not in page
    assert reverse("console:end_old_secret", args=[key.pk]) in page
    assert client.post(reverse("console:rotate_key", args=[key.pk]), {"hours": "1"}).status_code == 422
    client.post(reverse("console:end_old_secret", args=[key.pk]))
    assert not ApiKey.objects.get().has_two_secrets(datetime.now(UTC))


@pytest.mark.parametrize("hours", ["", "0", "-1", "1000000", "x"])
def test_rotate_key_for_a_time_not_offered_changes_nothing(client_for, administrator, key, hours):
    response = client_for(administrator).post(reverse("console:rotate_key", args=[key.pk]), {"hours": hours})

    assert response.status_code == 422
    assert ApiKey.objects.get().old_ends_at is None


def test_restrict_key_keeps_its_networks(client_for, administrator, key):
    client = client_for(administrator)
    address = reverse("console:restrict_key", args=[key.pk])

    assert client.post(address, {"networks": "203.0.113.0/24\n10.0.0.1"}).status_code == 302
    assert ApiKey.objects.get().networks == ["203.0.113.0/24", "10.0.0.1/32"]
    assert "203.0.113.0/24" in client.get(address).content.decode()
    assert client.post(address, {"networks": "nowhere"}).status_code == 422
    assert ApiKey.objects.get().networks == ["203.0.113.0/24", "10.0.0.1/32"]


def test_create_key_of_the_sandbox(client_for, administrator, tenant):
    posted = {**POSTED, "is_test": "test", "networks": "10.0.0.0/8"}

    response = client_for(administrator).post(reverse("console:create_key"), posted)

    made = ApiKey.objects.get()
    assert (made.is_test, made.networks) == (True, ["10.0.0.0/8"])
    assert made.begins_with in response.content.decode()


def test_list_of_keys_to_look_after(client_for, administrator, key, now):
    create_api_key(name="New", scopes=["tiers:read"], expires_at=None, by=None, at=datetime.now(UTC))
    client = client_for(administrator)

    def names(care):
        return [row.name for row in client.get(reverse("console:keys"), {"care": care}).context["rows"]]

    assert (names("unused"), names("ownerless")) == (["Old"], ["New"])
