"""Views of lists that staff keep, on the list of customers."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.audit.models import AuditEvent
from core.web import saved_views
from core.web.lists.page import TOTAL_CAP
from core.web.lists.saved import BROKEN, count_words, known_counts
from core.web.models import ListChoice, SavedView, ViewPin
from core.web.saved_views import (
    NotYourView,
    TooManyViews,
    ViewNotNamed,
    ViewTooLong,
    change_view,
    choice_of,
    choose_default,
    delete_view,
    pin_view,
    save_view,
    visible_views,
)
from tests.factories.accounts import inside
from tests.factories.customers import make_customer

LIST = "/customers/"
SAVE, COUNTS = "/lists/customers/views/", "/lists/customers/views/counts/"


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


@pytest.fixture
def keep(agent, now):
    """Return a function that saves a view of the list of customers."""

    def keep(name="South", *, query="region=Guangdong", is_shared=False, by=agent):
        return save_view(list_name="customers", name=name, query=query, is_shared=is_shared, by=by, at=now)

    return keep


def actions():
    return list(AuditEvent.objects.filter(action__startswith="view.").order_by("pk").values_list("action", flat=True))


def test_save_view_keeps_filters_and_order_in_one_spelling(client_for, agent):
    sent = {
        "path": LIST,
        "query": "sort=-created&tier=&region=Guangdong&cursor=x",
        "name": "  The \t South ",
        "is_pinned": "on",
    }

    answer = client_for(agent).post(SAVE, sent)

    view = SavedView.objects.get()
    assert answer.url == f"/customers/?region=Guangdong&sort=-created&view={view.pk}"
    assert (view.name, view.query, view.owner, view.is_shared) == (
        "The South",
        "region=Guangdong&sort=-created",
        agent,
        False,
    )
    assert list(ViewPin.objects.values_list("user", "view")) == [(agent.pk, view.pk)]
    assert list(ListChoice.objects.all()) == []
    event = AuditEvent.objects.get(action="view.saved")
    assert (event.subject_id, event.actor_id, event.details) == (view.pk, agent.pk, {"list": "customers"})


def test_name_and_query_are_encrypted(keep, tenant):
    keep("Mr Zhang", query="number=Zhang")

    with connection.cursor() as cursor:
        cursor.execute("select name::text || query::text from web_savedview")
        stored = cursor.fetchone()[0]
    assert "Zhang" not in stored
    assert b"Zhang".hex() not in stored


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"name": " \t"}, ViewNotNamed),
        ({"name": "x" * 81}, ViewNotNamed),
        ({"query": "x" * 4001}, ViewTooLong),
        ({"is_shared": True}, NotYourView),
    ],
)
def test_save_view_when_refused_changes_nothing(keep, changed, error):
    with pytest.raises(error):
        keep(**changed)

    assert list(SavedView.objects.all()) == []
    assert actions() == []


def test_save_view_beyond_the_most_is_refused(keep, supervisor, monkeypatch):
    monkeypatch.setattr(saved_views, "MOST_VIEWS", 2)
    for number in range(2):
        keep(f"Own {number}")
        keep(f"Shared {number}", is_shared=True, by=supervisor)
    own = keep("Another's own", by=supervisor)

    with pytest.raises(TooManyViews):
        keep()
    with pytest.raises(TooManyViews):
        keep(is_shared=True, by=supervisor)
    with pytest.raises(TooManyViews):
        change_view(view=own, name="Shared", is_shared=True, by=supervisor, at=own.created_at)

    assert SavedView.objects.count() == 5
    assert SavedView.objects.filter(is_shared=True).count() == 2


def test_save_view_of_a_filter_that_is_wrong_is_refused(client_for, agent):
    answer = client_for(agent).post(SAVE, {"path": LIST, "query": "planet=Mars", "name": "Mars"}, follow=True)

    assert "A filter was not understood. Correct or remove it, then save the view." in answer.content.decode()
    assert list(SavedView.objects.all()) == []


def test_views_are_ones_own_and_shared_ones(keep, agent, account_manager, supervisor):
    own, shared = keep("Own"), keep("For all", is_shared=True, by=supervisor)
    theirs = keep("Theirs", by=account_manager)
    save_view(list_name="people", name="People", query="", is_shared=False, by=agent, at=own.created_at)

    assert set(visible_views(agent, "customers")) == {own, shared}
    assert set(visible_views(account_manager, "customers")) == {theirs, shared}


def test_views_of_another_tenant_are_not_there(keep, agent, tenant, other_tenant):
    view = keep()

    with inside(other_tenant, leaving=tenant):
        assert list(SavedView.objects.all()) == []
    assert list(SavedView.objects.all()) == [view]


def test_bar_shows_own_and_shared_views_and_not_anothers(keep, client_for, agent, account_manager, supervisor):
    keep("Own")
    keep("For all", is_shared=True, by=supervisor)
    keep("Theirs", by=account_manager)

    words = client_for(agent).get(LIST).content.decode()

    assert ("Own" in words, "For all" in words, "Theirs" in words) == (True, True, False)


def test_another_persons_own_view_is_not_found(keep, client_for, account_manager, agent):
    view = keep()
    client = client_for(account_manager)

    for url in (f"/views/{view.pk}/", f"/views/{view.pk}/delete/"):
        assert client.post(url, {"path": LIST, "query": "", "name": "Mine", "is_pinned": "on"}).status_code == 404

    view.refresh_from_db()
    assert (view.name, view.owner) == ("South", agent)
    assert list(ViewPin.objects.all()) == []


def test_shared_view_is_pinned_but_not_changed_by_who_may_not_share(keep, client_for, agent, supervisor):
    view = keep("For all", is_shared=True, by=supervisor)
    sent = {"path": LIST, "query": "region=Hunan", "name": "Mine", "is_pinned": "on", "is_default": "on"}

    client_for(agent).post(f"/views/{view.pk}/", sent)

    view.refresh_from_db()
    assert (view.name, view.query, view.is_shared) == ("For all", "region=Guangdong", True)
    assert list(ViewPin.objects.values_list("user", "view")) == [(agent.pk, view.pk)]
    assert choice_of(agent, "customers").default_view == view
    assert choice_of(supervisor, "customers") is None
    with pytest.raises(NotYourView):
        change_view(view=view, name="Mine", is_shared=True, by=agent, at=view.created_at)
    with pytest.raises(NotYourView):
        delete_view(view=view, by=agent, at=view.created_at)
    assert actions() == ["view.saved"]


def test_change_view_renames_shares_and_takes_what_is_shown(keep, client_for, supervisor):
    view = keep(by=supervisor)
    pin_view(view=view, is_pinned=True, by=supervisor)
    sent = {"path": LIST, "query": f"region=Hunan&view={view.pk}", "name": "Hunan", "is_shared": "on"}

    answer = client_for(supervisor).post(f"/views/{view.pk}/", sent)

    view.refresh_from_db()
    assert (view.name, view.query, view.is_shared) == ("Hunan", "region=Hunan", True)
    assert answer.url == f"/customers/?region=Hunan&view={view.pk}"
    assert list(ViewPin.objects.all()) == []
    changed = AuditEvent.objects.get(action="view.changed").changes
    assert (changed["name"], changed["query"], changed["is_shared"]) == (None, None, [False, True])


def test_delete_view_takes_pins_and_defaults_with_it(keep, client_for, agent, supervisor):
    view = keep(is_shared=True, by=supervisor)
    pin_view(view=view, is_pinned=True, by=agent)
    choose_default(view=view, is_default=True, by=agent)

    answer = client_for(supervisor).post(f"/views/{view.pk}/delete/", {"path": LIST, "query": ""})

    assert answer.url == "/customers/?view=all"
    assert list(SavedView.objects.all()) == list(ViewPin.objects.all()) == []
    assert choice_of(agent, "customers").default_view is None
    assert actions() == ["view.saved", "view.deleted"]


def test_default_is_one_for_each_person_and_list(keep, agent):
    first, second = keep("First"), keep("Second")
    other = save_view(list_name="people", name="P", query="", is_shared=False, by=agent, at=first.created_at)

    for view in (first, other, second):
        choose_default(view=view, is_default=True, by=agent)
    choose_default(view=first, is_default=False, by=agent)

    assert choice_of(agent, "customers").default_view == second
    assert choice_of(agent, "people").default_view == other
    assert ListChoice.objects.count() == 2


def test_list_opens_with_the_default_view_and_can_be_had_without(keep, client_for, agent, now):
    make_customer(number="C-1", region="Guangdong", at=now)
    make_customer(number="C-2", region="Hunan", at=now)
    view = keep()
    choose_default(view=view, is_default=True, by=agent)
    client = client_for(agent)

    bare = client.get(LIST)
    opened = client.get(bare.url)
    without = client.get(f"{LIST}?view=all")

    assert (bare.status_code, bare.url) == (302, f"/customers/?region=Guangdong&view={view.pk}")
    assert [row.number for row in opened.context["rows"]] == ["C-1"]
    assert sorted(row.number for row in without.context["rows"]) == ["C-1", "C-2"]
    assert without.context["views"].all_url == "/customers/?view=all"
    # Without the last filter the address must not be the bare one, which opens the view again.
    page = client.get(f"{LIST}?region=Hunan").context["list"]
    assert (page.clear_url, page.chips[0].remove_url) == ("/customers/?view=all", "/customers/?view=all")


def test_default_view_that_is_not_shared_any_more_is_not_opened(keep, client_for, agent, supervisor, now):
    view = keep(is_shared=True, by=supervisor)
    choose_default(view=view, is_default=True, by=agent)
    client = client_for(agent)
    assert client.get(LIST).status_code == 302

    change_view(view=view, name=view.name, is_shared=False, by=supervisor, at=now)

    assert client.get(LIST).status_code == 200


def test_open_view_says_whether_it_is_as_saved(keep, client_for, agent):
    view = keep()
    client = client_for(agent)

    same = client.get(f"{LIST}?view={view.pk}&region=Guangdong").context["views"]
    other = client.get(f"{LIST}?view={view.pk}&region=Hunan").context["views"]

    assert (same.open, same.is_open_changed) == (view, False)
    assert (other.open, other.is_open_changed) == (view, True)


def test_view_whose_filter_is_gone_says_so_and_can_be_renamed_and_deleted(keep, client_for, agent):
    view = keep("Old", query="planet=Mars")
    client = client_for(agent)

    opened = client.get(f"{LIST}?planet=Mars&view={view.pk}")
    counted = client.get(COUNTS)
    client.post(f"/views/{view.pk}/", {"path": LIST, "query": f"planet=Mars&view={view.pk}", "name": "Older"})

    assert opened.status_code == 422
    assert "There is no filter called “planet”." in opened.content.decode()
    assert known_counts([view]) == {str(view.pk): BROKEN}
    assert "This view asks for something that the list does not have any more." in counted.content.decode()
    view.refresh_from_db()
    assert (view.name, view.query) == ("Older", "planet=Mars")
    client.post(f"/views/{view.pk}/delete/", {"path": LIST, "query": "planet=Mars"})
    assert list(SavedView.objects.all()) == []


def test_counts_are_counted_once_and_kept(keep, client_for, agent, now):
    make_customer(number="C-1", region="Guangdong", at=now)
    view = keep()
    client = client_for(agent)
    assert client.get(LIST).context["views"].lacks_counts

    client.get(COUNTS)
    make_customer(number="C-2", region="Guangdong", at=now)
    kept = client.get(LIST).context["views"]

    assert [link.count for link in kept.links] == ["1"]
    assert not kept.lacks_counts
    change_view(view=view, name="South", is_shared=False, query="region=Hunan", by=agent, at=now.replace(hour=9))
    assert client.get(LIST).context["views"].lacks_counts


def test_count_words_are_capped():
    assert [count_words(count) for count in (0, 999, TOTAL_CAP, TOTAL_CAP + 1)] == ["0", "999", "1,000", "1,000+"]


@pytest.mark.parametrize("many", [3, 30])
def test_bar_takes_two_queries_and_counting_one_for_each_view(keep, client_for, agent, many):
    client = client_for(agent)
    for number in range(many):
        pin_view(view=keep(f"View {number}"), is_pinned=True, by=agent)

    with CaptureQueriesContext(
        connection,
    ) as listed:
        client.get(LIST)
    with CaptureQueriesContext(connection) as counted:
        client.get(COUNTS)
    with CaptureQueriesContext(connection) as again:
        client.get(COUNTS)

    def of(captured, table):
        return len([query for query in captured if f'FROM "{table}"' in query["sql"]])

    assert (of(listed, "web_listchoice"), of(listed, "web_savedview")) == (1, 1)
    assert (of(counted, "web_savedview"), of(counted, "customers_customer")) == (1, many)
    assert (of(again, "web_savedview"), of(again, "customers_customer")) == (1, 0)


def test_views_of_a_list_that_one_may_not_see_are_refused(client_for, agent):
    client = client_for(agent)

    assert client.post("/lists/people/views/", {"path": "/", "query": "", "name": "P"}).status_code == 403
    assert client.get("/lists/people/views/counts/").status_code == 403
    assert client.post("/lists/planets/views/", {"path": "/", "query": "", "name": "P"}).status_code == 404
    assert list(SavedView.objects.all()) == []
