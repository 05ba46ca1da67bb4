"""No page is forgotten in the gallery that photographs them all."""

from dataclasses import fields

from django.urls import path
from django.views.generic import TemplateView

from core.web import errors
from script.gallery_pages import ERRORS, NO_PICTURE, PAGES
from script.gallery_records import Records
from tests.architecture.routes import Route, all_routes

# Words that stand in an address themselves.
WORDS = {
    "contact-point",
    "cold_chain",
    "customers",
    "route",
    "lost",
    "0",
    "spent",
    "00000000-0000-7000-8000-000000000000",
}
DRAWN = {page.route for page in PAGES}
urlpatterns = [path("forgotten", TemplateView.as_view(), name="forgotten")]


def pages_of(routes: list[Route]) -> set[str]:
    """Return the names of the routes that answer a GET; of the API its description alone is a page."""
    return {route.name for route in routes if "get" in route.methods and (not route.is_api or route.name == "api:docs")}


def test_every_page_has_a_picture_or_a_reason():
    assert pages_of(all_routes()) - DRAWN - NO_PICTURE.keys() == set()


def test_no_picture_and_no_reason_is_stale():
    names = {route.name for route in all_routes()}

    assert (DRAWN | NO_PICTURE.keys()) - names == set()
    assert DRAWN & NO_PICTURE.keys() == set()
    assert all(NO_PICTURE.values())


def test_pages_differ_and_fill_their_addresses():
    known = {each.name for each in fields(Records)} | WORDS
    arguments = {route.name: set(route.arguments) for route in all_routes()}

    assert len({page.name for page in PAGES}) == len(PAGES)
    for page in PAGES:
        assert page.records.keys() == arguments[page.route], page.name
        assert set(page.records.values()) <= known, page.name


def test_error_pages_are_functions_of_the_product(rf):
    for name in ERRORS:
        assert getattr(errors, name)(rf.get("/")).status_code >= 400


def test_forgotten_page_is_found():
    assert pages_of(all_routes(__name__)) - DRAWN - NO_PICTURE.keys() == {"forgotten"}
