import pytest
from django.urls import reverse

from core.web import navigation, search
from core.web.search import Hit
from tests.factories.customers import make_customer


@pytest.fixture
def areas(monkeypatch):
    monkeypatch.setattr(navigation, "_areas", {})
    monkeypatch.setattr(navigation, "_settings_pages", {})
    return navigation


def entry(key, **changes):
    return {"key": key, "label": key, "url_name": "web:home", "icon": "x", **changes}


def test_areas_are_ordered_and_only_those_the_role_may_enter(areas, agent, administrator):
    areas.register(**entry("b", order=2, permission="people.manage"))
    areas.register(**entry("a", order=1))

    assert [each.key for each in areas.areas_for(administrator)] == ["a", "b"]
    assert [each.key for each in areas.areas_for(agent)] == ["a"]


def test_area_with_a_taken_key_or_letter_is_refused(areas):
    areas.register(**entry("a", letter="a"))

    with pytest.raises(ValueError, match="already has an area 'a'"):
        areas.register(**entry("a"))
    with pytest.raises(ValueError, match="already lead to another area"):
        areas.register(**entry("b", letter="a"))


def test_current_area_is_the_longest_beginning_of_the_path(areas, administrator):
    areas.register(**entry("home"))
    areas.register(**entry("settings", url_name="console:home"))
    areas.register(**entry("people", url_name="console:people"))
    areas.register_setting(**entry("x", description="", permission="people.manage"))
    entries = areas.areas_for(administrator)

    assert areas.current_area(entries, "/settings/people/invitations/new/").key == "people"
    assert areas.current_area(entries, "/settings/jobs/").key == "settings"


def test_home_leads_to_the_first_area(areas, client_for, administrator):
    areas.register(**entry("settings", url_name="console:home"))
    areas.register_setting(**entry("x", description="", permission="people.manage"))

    response = client_for(administrator).get("/")

    assert (response.status_code, response.url) == (302, "/settings/")


def test_home_of_a_role_without_areas_says_whom_to_ask(areas, client_for, agent):
    response = client_for(agent).get("/")

    assert response.status_code == 200
    assert "No area is open to you yet" in response.content.decode()


@pytest.fixture
def sources(monkeypatch):
    monkeypatch.setattr(search, "_sources", {})

    def add(key, *hits, permission="people.manage"):
        search.register(
            key=key,
            label=key,
            icon="x",
            permission=permission,
            find=lambda *_: list(hits),
            page=f"{key}:detail",
            bring=lambda _ids: {},
        )

    return add


def hit(number, *, exact=False):
    return Hit(title=number, url=f"/found/{number}", exact=exact)


def test_search_with_one_exact_hit_opens_it(sources, client_for, administrator):
    sources("a", hit("C1", exact=True), hit("C10"))
    sources("b", hit("W1"))

    response = client_for(administrator).get("/search", {"q": "C1"})

    assert (response.status_code, response.url) == (302, "/found/C1")


def test_search_with_two_exact_hits_shows_both(sources, client_for, administrator):
    sources("a", hit("X1", exact=True))
    sources("b", hit("X1", exact=True))

    response = client_for(administrator).get("/search", {"q": "X1"})

    assert response.status_code == 200
    assert response.content.decode().count('href="/found/X1"') == 2


def test_search_asks_only_what_the_role_may_see(sources, client_for, agent):
    sources("a", hit("SECRET"))

    body = client_for(agent).get("/search", {"q": "SECRET"}).content.decode()

    assert "/found/SECRET" not in body
    assert "Nothing found" in body


def test_search_for_nothing_asks_nobody(sources, client_for, administrator):
    sources("a", hit("X"))

    assert "/found/X" not in client_for(administrator).get("/search", {"q": "  "}).content.decode()


def test_search_escapes_what_was_typed(sources, client_for, administrator):
    body = client_for(administrator).get("/search", {"q": "<script>alert(1)</script>"}).content.decode()

    assert "<script>alert(1)" not in body


@pytest.mark.parametrize("typed", ["\0C1", "C1\0"])
def test_search_leaves_out_what_the_database_refuses(client_for, agent, now, typed):
    customer = make_customer(at=now, number="C1")

    response = client_for(agent).get("/search", {"q": typed})

    assert (response.status_code, response.url) == (302, reverse("customers:detail", args=[customer.pk]))
