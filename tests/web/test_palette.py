import pytest
from django.urls import reverse
from django.utils.translation import override

from core.accounts.services import deactivate_user
from core.jobs.running import start_job
from core.partners.services import create_api_key, revoke_api_key
from core.web import palette, record_pages
from core.web.record_pages import Action, RecordPage, at
from tests.factories.accounts import inside
from tests.factories.customers import make_customer


@pytest.fixture
def customer(tenant, now):
    return make_customer(at=now, company_name="Blue Door Ltd")


def path_of(customer):
    return reverse("customers:detail", args=[customer.pk])


def acts(user, path):
    """The names of what may be done on the record that is open at the path."""
    record = record_pages.open_record(path, user)
    return [offer.action.name for offer in record.offers] if record else None


def labels(groups):
    return {group.label: [command.label for command in group.commands] for group in groups}


def test_palette_holds_what_may_be_done_here_created_and_gone_to(supervisor, customer):
    found = labels(palette.groups_for(supervisor, path=path_of(customer)))

    assert list(found) == ["Blue Door Ltd", "Create", "Go to", "Settings"]
    assert found["Blue Door Ltd"] == [
        "Edit",
        "Write down a contact",
        "New follow-up",
        "Open a service request",
        "Ask for a tier by hand",
        "Put into another stage",
        "Take up as a lead",
        "Hand over to…",
        "Claim",
        "Add a contact",
        "Add an address",
        "Begin a service plan",
        "Open an opportunity",
        "Add a file",
        "Search the timeline",
        "Consents and preferences",
        "Merge…",
    ]
    assert found["Create"] == [
        "Open a service request",
        "Add a customer",
        "New lead",
        "New follow-up",
        "Open an opportunity",
        "Begin a service plan",
        "Bring in files",
        "Write a market note",
        "Add a competitor",
        "Add a service to the catalogue",
    ]
    assert found["Go to"][:5] == ["My day", "Customers", "Leads", "Portfolios", "Service requests"]


def test_palette_of_an_administrator_leads_to_each_page_of_the_settings(administrator):
    found = labels(palette.groups_for(administrator, path="/"))

    assert {"People", "API keys", "Audit trail", "Customer fields"} <= set(found["Settings"])
    assert {"Invite a person", "Create an API key", "Add a department"} <= set(found["Create"])


def test_command_is_found_by_its_words_in_every_language(supervisor, customer):
    with override("zh-hans"):
        commands = palette.groups_for(supervisor, path=path_of(customer))[0].commands

    assert commands[0].label == "编辑"
    assert commands[0].words == "编辑 edit bianji bj"


@pytest.mark.parametrize("typed", ["xinzengkehu", "xzkh", "KEHU", "新增 kh"])
def test_command_is_found_by_its_sound_and_initials_in_chinese(supervisor, typed):
    with override("zh-hans"):
        created = {each.url: each for each in palette.groups_for(supervisor, path="/")[0].commands}
    with override("en"):
        in_english = {each.url: each for each in palette.groups_for(supervisor, path="/")[0].commands}

    url = reverse("customers:create")
    assert palette.matches(typed, created[url].words)
    assert not palette.matches(typed, in_english[url].words) or "kh" not in typed.casefold()
    assert not palette.matches(typed, created[reverse("imports:list")].words)


def test_word_of_several_readings_sounds_as_in_its_phrase():
    with override("zh-hans"):
        assert "zhongyaokehu zykh" in palette.in_all_languages(["重要客户"])
        assert "chongxin cx" in palette.in_all_languages(["重新"])


@pytest.mark.parametrize("below", ["", "edit/", "contacts/new/", "timeline/", "nothing/of/the/kind/"])
def test_record_is_open_on_its_page_and_on_those_below(supervisor, customer, below):
    assert acts(supervisor, path_of(customer) + below)[0] == "edit"


@pytest.mark.parametrize(
    "path", ["", "/", "/customers/", "//", "no path", "/customers/new/", "/api/v1/customers", "/a" * 4000]
)
def test_no_record_is_open_elsewhere(supervisor, path):
    assert acts(supervisor, path) is None


def test_actions_are_those_of_the_role(customer, analyst, supervisor):
    assert acts(analyst, path_of(customer)) == ["note", "timeline", "consents"]
    assert "merge" in acts(supervisor, path_of(customer))


def test_actions_are_those_that_the_record_allows(administrator, agent, now):
    there = reverse("console:update_user", args=[agent.pk])
    assert acts(administrator, there) == ["rights", "sign_out", "reset_second_step", "hand_over", "deactivate"]
    assert acts(administrator, reverse("console:update_user", args=[administrator.pk])) == ["rights", "hand_over"]

    deactivate_user(user=agent, by=administrator, at=now)

    assert acts(administrator, there) == ["rights", "hand_over", "activate"]


def test_key_that_was_revoked_has_no_actions(administrator, now):
    key, _text = create_api_key(name="K", scopes=["customers:read"], expires_at=None, by=administrator, at=now)
    there = reverse("console:key", args=[key.pk])
    assert acts(administrator, there) == ["rotate", "restrict", "limit", "revoke"]

    revoke_api_key(key=key, by=administrator, at=now)

    assert acts(administrator, there) == []


def test_action_with_a_question_starts_on_the_records_page(administrator, agent):
    there = reverse("console:update_user", args=[agent.pk])
    offers = {offer.action.name: offer for offer in record_pages.open_record(there, administrator).offers}

    assert offers["sign_out"].starts_at == f"{there}#action-sign_out"
    assert offers["rights"].starts_at == reverse("console:rights", args=[agent.pk])


def test_header_and_palette_offer_the_same(client_for, administrator, agent):
    there = reverse("console:update_user", args=[agent.pk])
    client = client_for(administrator)

    page = client.get(there).content.decode()
    lines = client.get(reverse("web:palette"), {"path": there}).content.decode()

    for name in ("sign_out", "reset_second_step"):
        assert page.count(f'id="action-{name}"') == 1
        assert lines.count(f'href="{there}#action-{name}"') == 1


def test_record_of_another_tenant_is_not_told_of(client_for, supervisor, other_tenant, customer, now):
    with inside(other_tenant, leaving=supervisor.tenant):
        foreign = make_customer(at=now, company_name="Rival Customer")
    client = client_for(supervisor)

    own = client.get(reverse("web:palette"), {"path": path_of(customer)}).content.decode()
    answer = client.get(reverse("web:palette"), {"path": path_of(foreign)}).content.decode()

    assert "Blue Door Ltd" in own
    assert "Rival Customer" not in answer
    assert str(foreign.pk) not in answer


def test_job_of_a_colleague_is_not_told_of(agent, supervisor, now):
    job = start_job(kind="export", title="Mine", parameters={"list": "customers", "format": "csv"}, by=agent, at=now)
    there = reverse("console:job", args=[job.pk])

    assert acts(agent, there) == ["cancel"]
    assert acts(supervisor, there) is None


def test_palette_asks_the_same_few_questions(client_for, supervisor, customer, django_assert_num_queries):
    client = client_for(supervisor)
    client.get(reverse("web:palette"))

    with django_assert_num_queries(4):
        client.get(reverse("web:palette"))
    with django_assert_num_queries(5):
        client.get(reverse("web:palette"), {"path": path_of(customer)})


def test_palette_is_for_who_is_signed_in(client):
    assert client.get(reverse("web:palette")).status_code == 302


@pytest.fixture
def registries(monkeypatch):
    monkeypatch.setattr(record_pages, "_pages", {})
    monkeypatch.setattr(record_pages, "_actions", {})


def test_taken_page_or_action_is_refused(registries):
    page = RecordPage(url_name="a:b", permission="", load=lambda *_: None, name_of=str)
    action = Action(name="x", label="X", icon="x", url=at("a:b"))
    record_pages.register(page)
    record_pages.register_action("a:b", action)

    with pytest.raises(ValueError, match="There are records at 'a:b' already"):
        record_pages.register(RecordPage(url_name="a:b", permission="", load=lambda *_: None, name_of=str))
    with pytest.raises(ValueError, match="have an action 'x' already"):
        record_pages.register_action("a:b", Action(name="x", label="Y", icon="x", url=at("a:b")))


def test_new_menu_is_drawn_from_the_same_registry_and_not_for_who_may_create_nothing(client_for, analyst, supervisor):
    menu = 'class="btn top-new"'

    assert menu not in client_for(analyst).get(reverse("customers:list")).content.decode()
    page = client_for(supervisor).get(reverse("customers:list")).content.decode()
    assert menu in page
    assert f'<a class="menu-item" href="{reverse("customers:create")}">' in page
    assert f'<a class="menu-item" href="{reverse("console:invite_user")}">' not in page


def test_letters_of_what_an_area_is_called_lead_there(supervisor):
    commands = [command for group in palette.groups_for(supervisor, path="/") for command in group.commands]

    assert [command.keys for command in commands if command.label == "Customers"] == [("g", "c")]


def test_lines_of_a_record_name_their_action(client_for, agent, customer):
    lines = client_for(agent).get(reverse("web:palette"), {"path": path_of(customer)}).content.decode()

    assert f'href="{reverse("customers:update", args=[customer.pk])}"' in lines
    assert 'data-record-act="edit"' in lines
    assert 'data-record-act="note"' in lines
