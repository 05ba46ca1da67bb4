"""The steps of leads over the API, and the lists that they choose from."""

import pytest

from core.accounts.enums import Role
from core.audit.models import AuditEvent
from customers.enums import Stage
from lifecycle.models import Lead, LeadSource, LostReason, StageChange
from lifecycle.services import set_reason_use
from tests.factories.accounts import inside, make_user
from tests.factories.lifecycle import in_stage, make_lead, told
from tests.factories.partners import Partner, check_described

LIST_QUERIES = 8
PATH = "/leads"
NOBODY = "01a20b58-50a6-76ce-a6cb-5f519fa8d44d"


@pytest.fixture
def partner(tenant):
    return Partner()


@pytest.fixture
def lead(tenant, now):
    return make_lead(at=now)


@pytest.fixture
def reason(tenant):
    return LostReason.objects.get(name_en="Too expensive")


def step(partner, lead, verb, body=None, **headers):
    return partner.send("post", f"{PATH}/{lead.pk}/{verb}", {} if body is None else body, **headers)


def kept(lead):
    return Lead.objects.values("state", "assignee_id", "lost_reason_id", "closed_at", "version").get(pk=lead.pk)


def test_partner_brings_a_lead_from_new_to_won(partner, lead, agent):
    answers = [
        step(partner, lead, "assign", {"assignee_id": str(agent.pk)}),
        step(partner, lead, "contact"),
        step(partner, lead, "qualify"),
        step(partner, lead, "convert"),
    ]

    assert [answer.status_code for answer in answers] == [200] * 4, [answer.content for answer in answers]
    for answer, verb in zip(answers, ("assign", "contact", "qualify", "convert"), strict=True):
        check_described(f"{PATH}/{{id}}/{verb}", answer.json(), method="post")
    shown = [answer.json() for answer in answers]
    assert [row["state"] for row in shown] == ["new", "contacted", "qualified", "converted"]
    assert [row["version"] for row in shown] == [2, 3, 4, 5]
    assert {row["assignee_id"] for row in shown} == {str(agent.pk)}
    assert shown[-1]["closed_at"]
    assert partner.get(f"{PATH}/{lead.pk}").json() == shown[-1]
    lead.customer.refresh_from_db()
    assert lead.customer.stage == Stage.NEW
    assert StageChange.objects.values_list("cause", "moved_by").get() == ("hand", None)
    assert [event["state"] for event in told("lead.state_changed")] == ["contacted", "qualified", "converted"]
    assert [event["assignee_id"] for event in told("lead.assigned")] == [str(agent.pk)]
    trail = AuditEvent.objects.filter(action__startswith="lead.").exclude(action="lead.captured").order_by("pk")
    assert [event.action for event in trail] == ["lead.assigned", "lead.contacted", "lead.qualified", "lead.converted"]
    assert {event.actor_id for event in trail} == {partner.key.pk}


def test_partner_gives_a_lead_up_and_takes_it_up_again(partner, lead, reason):
    step(partner, lead, "contact")
    row = partner.get("/lost-reasons", {"filter[is_active][eq]": "true"}).json()["data"]
    chosen = next(each["id"] for each in row if each["name_en"] == "Too expensive")

    lost = step(partner, lead, "lose", {"lost_reason_id": chosen})
    found = partner.get(PATH, {"filter[lost_reason_id][eq]": chosen}).json()["data"]
    again = step(partner, lead, "reopen")

    check_described(f"{PATH}/{{id}}/lose", lost.json(), method="post")
    check_described(f"{PATH}/{{id}}/reopen", again.json(), method="post")
    assert (lost.json()["state"], lost.json()["lost_reason_id"]) == ("lost", str(reason.pk))
    assert [each["id"] for each in found] == [str(lead.pk)]
    assert (again.json()["state"], again.json()["lost_reason_id"], again.json()["closed_at"]) == (
        "contacted",
        None,
        None,
    )
    assert [event["state"] for event in told("lead.state_changed")] == ["contacted", "lost", "contacted"]


def test_lead_is_given_to_nobody(partner, lead, agent):
    step(partner, lead, "assign", {"assignee_id": str(agent.pk)})

    answer = step(partner, lead, "assign", {"assignee_id": None})

    assert (answer.status_code, answer.json()["assignee_id"]) == (200, None)
    assert len(told("lead.assigned")) == 1


@pytest.mark.parametrize("verb", ["assign", "contact", "qualify", "convert", "lose", "reopen"])
def test_step_is_taken_on_what_was_read_alone(partner, lead, agent, reason, verb):
    body = {"assign": {"assignee_id": str(agent.pk)}, "lose": {"lost_reason_id": str(reason.pk)}}.get(verb)
    if verb == "reopen":
        step(partner, lead, "lose", {"lost_reason_id": str(reason.pk)})
    read = partner.get(f"{PATH}/{lead.pk}").headers["ETag"]
    before = kept(lead)

    stale = step(partner, lead, verb, body, If_Match='"99-a"')
    assert (stale.status_code, kept(lead)) == (412, before)

    taken = step(partner, lead, verb, body, If_Match=read)
    assert (taken.status_code, kept(lead)["version"]) == (200, before["version"] + 1), taken.content


def test_step_is_taken_once_for_a_key(partner, lead):
    answers = [step(partner, lead, "contact", Idempotency_Key="contact-1") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert kept(lead)["version"] == 2


@pytest.mark.parametrize(
    ("verb", "body", "pointer"),
    [
        ("assign", {}, "#/assignee_id"),
        ("assign", {"assignee_id": NOBODY}, "#/assignee_id"),
        ("assign", {"assignee_id": None, "state": "new"}, "#/state"),
        ("lose", {}, "#/lost_reason_id"),
        ("lose", {"lost_reason_id": None}, "#/lost_reason_id"),
        ("lose", {"lost_reason_id": NOBODY}, "#/lost_reason_id"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(*, partner, lead, verb, body, pointer):
    before = kept(lead)

    answer = step(partner, lead, verb, body)

    assert answer.status_code == 400, answer.content
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert kept(lead) == before


def test_who_does_not_work_on_leads_and_what_is_retired_are_refused(partner, lead, reason, supervisor, now):
    analyst = make_user(role=Role.ANALYST, at=now)
    set_reason_use(reason=reason, is_active=False, by=supervisor, at=now)

    answers = [
        step(partner, lead, "assign", {"assignee_id": str(analyst.pk)}),
        step(partner, lead, "lose", {"lost_reason_id": str(reason.pk)}),
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert kept(lead)["version"] == 1


def test_steps_that_do_not_follow_are_conflicts(partner, lead, agent, reason, now):
    def codes(*verbs):
        bodies = {"assign": {"assignee_id": str(agent.pk)}, "lose": {"lost_reason_id": str(reason.pk)}}
        answers = [step(partner, lead, verb, bodies.get(verb)) for verb in verbs]
        return [(answer.status_code, answer.json()["code"]) for answer in answers]

    assert codes("reopen") == [(409, "lead_not_lost")]
    step(partner, lead, "qualify")
    assert codes("contact", "qualify") == [(409, "lead_qualified")] * 2
    step(partner, lead, "lose", {"lost_reason_id": str(reason.pk)})
    before = kept(lead)
    assert codes("assign", "contact", "qualify", "convert", "lose") == [(409, "lead_closed")] * 5
    in_stage(lead.customer, "new", since=now)
    assert codes("reopen") == [(409, "no_lead")]
    assert kept(lead) == before


def test_steps_need_the_scope_and_are_each_tenants(*, partner, lead, tenant, other_tenant, reason, now):
    reader = Partner(name="Reader", allowed=["leads:read"])
    with inside(other_tenant, leaving=tenant):
        theirs = make_lead(at=now)
        their_reason = LostReason.objects.first()
        their_user = make_user(role=Role.AGENT, at=now)
    bodies = {"assign": {"assignee_id": None}, "lose": {"lost_reason_id": str(reason.pk)}}
    verbs = ("assign", "contact", "qualify", "convert", "lose", "reopen")

    assert {step(reader, lead, verb, bodies.get(verb)).status_code for verb in verbs} == {403}
    assert {step(partner, theirs, verb, bodies.get(verb)).status_code for verb in verbs} == {404}
    assert step(partner, lead, "lose", {"lost_reason_id": str(their_reason.pk)}).status_code == 400
    assert step(partner, lead, "assign", {"assignee_id": str(their_user.pk)}).status_code == 400
    assert partner.get(f"/lost-reasons/{their_reason.pk}").status_code == 404
    assert kept(lead)["version"] == 1


@pytest.mark.parametrize(("path", "model"), [("/lead-sources", LeadSource), ("/lost-reasons", LostReason)])
def test_what_leads_choose_from_is_read_by_who_may_read_leads(partner, path, model):
    model.objects.create(name_zh="旧", name_en="Zzz", is_active=False)

    everything, inactive = partner.get(path).json(), partner.get(path, {"filter[is_active][eq]": "false"}).json()
    row = inactive["data"][0]

    check_described(path, everything)
    assert len(everything["data"]) == model.objects.count()
    assert [(each["name_zh"], each["is_active"]) for each in inactive["data"]] == [("旧", False)]
    assert partner.get(f"{path}/{row['id']}").json() == row
    assert Partner(name="Reader", allowed=["leads:read"]).get(path).status_code == 200
    assert Partner(name="Other", allowed=["customers:read"]).get(path).status_code == 403
    assert partner.send("post", path, {"name_en": "A", "name_zh": "甲"}).status_code == 405


@pytest.mark.parametrize("rows", [3, 200])
@pytest.mark.parametrize(("path", "model"), [("/lead-sources", LeadSource), ("/lost-reasons", LostReason)])
def test_lists_ask_the_same_number_of_queries(*, partner, path, model, rows, django_assert_num_queries):
    model.objects.all().delete()
    for row in range(rows):
        model.objects.create(name_zh=f"{row}", name_en=f"{row}")
    partner.get(path)

    with django_assert_num_queries(LIST_QUERIES):
        answer = partner.get(path, {"limit": "200"})

    assert len(answer.json()["data"]) == rows
