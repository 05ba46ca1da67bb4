"""Pages for people who do not sign in stand apart: below their paths nobody is known by a session."""

from django.conf import settings

from core.web.public import PublicView
from tests.architecture.routes import Route, all_routes


def misplaced(routes: list[Route]) -> set[str]:
    """Return the routes that are public and stand elsewhere, or stand there and are not public."""
    return {route.name for route in routes if is_public(route) != f"/{route.path}".startswith(settings.PUBLIC_PATHS)}


def is_public(route: Route) -> bool:
    return isinstance(route.view, type) and issubclass(route.view, PublicView)


def test_public_pages_and_they_alone_stand_below_the_public_paths():
    assert misplaced(all_routes()) == set()


def test_page_of_staff_below_a_public_path_is_found():
    assert misplaced([Route("a:b", "track/settings/", (), object, frozenset({"get"}), {})]) == {"a:b"}
