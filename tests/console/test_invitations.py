import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.accounts import permissions
from core.accounts.enums import Role
from core.accounts.models import Department, Invitation, User
from core.accounts.services import (
    AlreadyInvited,
    EmailTaken,
    InvitationVoid,
    RoleAboveOwn,
    accept_invitation,
    create_user,
    deactivate_user,
    invite_user,
    resend_invitation,
    update_user,
    withdraw_invitation,
)
from core.audit.models import AuditEvent
from core.tenancy.models import Tenant
from tests.factories.accounts import inside, make_user, outside

PASSWORD = "forty two slow couriers"
JOINING = {"name": "Li Lei", "language": "zh-hans", "password": PASSWORD, "repeated": PASSWORD}


@pytest.fixture
def posted():
    return {"email": "Li.Lei@Staff.example", "role": Role.AGENT, "language": "zh-hans", "department": "", "team": ""}


def invite(administrator, **changes):
    facts = {"email": "li.lei@staff.example", "role": Role.AGENT, "language": "en", "at": timezone.now()}
    return invite_user(**(facts | changes), by=administrator)


def accept(token, at=None):
    return accept_invitation(token=token, name="Li Lei", language="en", password=PASSWORD, at=at or timezone.now())


def link(token):
    return reverse("console:accept_invitation", args=[token])


def test_invite_from_the_form_and_join_by_the_mail(
    client_for, administrator, posted, tenant, django_capture_on_commit_callbacks
):
    department = Department.objects.create(name="Service")
    with django_capture_on_commit_callbacks(execute=True):
        answer = client_for(administrator).post(
            reverse("console:invite_user"), posted | {"department": department.pk, "role": Role.ACCOUNT_MANAGER}
        )

    assert (answer.status_code, answer.url) == (302, reverse("console:invitations"))
    (message,) = mail.outbox
    assert message.to == ["li.lei@staff.example"]
    assert "Swift" in message.subject
    assert "客户经理" in message.body
    url = re.search(r"http://testserver(/invitation/\S+)", message.body)[1]
    with outside(tenant):
        page = Client().get(url)
        joined = Client().post(url, JOINING | {"role": Role.ADMINISTRATOR, "email": "other@staff.example"})
        again = Client().post(url, JOINING)
        signed_in = Client().post(
            reverse("account_login"), {"login": "li.lei@staff.example", "password": PASSWORD}, follow=True
        )
    assert (page.status_code, joined.status_code, joined.url, again.status_code) == (200, 302, "/sign-in/", 410)
    assert page.headers["Cache-Control"] == "private, no-store"
    user = User.objects.get(email="li.lei@staff.example")
    assert (user.name, user.role, user.department) == ("Li Lei", Role.ACCOUNT_MANAGER, department)
    assert (user.language, user.is_active, user.tenant) == ("zh-hans", True, tenant)
    assert tenant.name in signed_in.content.decode()
    assert list(Invitation.objects.all()) == []


def test_only_the_hash_of_the_token_is_kept(administrator):
    invitation, token = invite(administrator)

    stored = Invitation.objects.values().get(pk=invitation.pk)

    assert len(bytes(stored["token_hash"])) == 32
    assert token not in str(stored)


@pytest.mark.parametrize(
    ("late", "works"), [(timedelta(hours=72) - timedelta(seconds=1), True), (timedelta(hours=72), False)]
)
def test_invitation_works_for_72_hours(administrator, now, late, works):
    _invitation, token = invite(administrator, at=now)

    if works:
        assert accept(token, at=now + late).role == Role.AGENT
    else:
        with pytest.raises(InvitationVoid):
            accept(token, at=now + late)
        assert User.objects.filter(email="li.lei@staff.example").exists() is False


def test_token_sent_again_replaces_the_one_before(administrator, now):
    invitation, first = invite(administrator, at=now - timedelta(hours=80))
    _invitation, second = resend_invitation(invitation=invitation, by=administrator, at=now)

    with pytest.raises(InvitationVoid):
        accept(first, at=now)
    assert User.objects.filter(email="li.lei@staff.example").exists() is False
    assert accept(second, at=now + timedelta(hours=71)).email == "li.lei@staff.example"


def test_withdrawn_invitation_lets_nobody_in(administrator, now):
    invitation, token = invite(administrator, at=now)
    withdraw_invitation(invitation=invitation, by=administrator, at=now)

    with pytest.raises(InvitationVoid):
        accept(token, at=now)
    assert User.objects.filter(email="li.lei@staff.example").exists() is False


def test_invitation_is_void_when_the_inviter_may_not_invite_any_more(administrator, now):
    left = make_user(role=Role.ADMINISTRATOR, at=now)
    demoted = make_user(role=Role.ADMINISTRATOR, at=now)
    _one, of_left = invite(left, email="one@staff.example", at=now)
    _two, of_demoted = invite(demoted, email="two@staff.example", at=now)
    deactivate_user(user=left, by=administrator, at=now)
    User.objects.filter(pk=demoted.pk).update(role=Role.SUPERVISOR)

    for token in (of_left, of_demoted):
        with pytest.raises(InvitationVoid):
            accept(token, at=now)
    assert User.objects.filter(email__in=["one@staff.example", "two@staff.example"]).exists() is False


def test_nobody_gives_a_role_above_their_own(monkeypatch, supervisor, agent, now):
    declared = permissions.declared()
    manage = declared["people.manage"]
    monkeypatch.setitem(
        permissions._declared,
        "people.manage",
        permissions.Permission(manage.name, manage.label, manage.roles | {Role.SUPERVISOR}),
    )

    for role in (Role.ADMINISTRATOR, Role.PRIVACY_OFFICER):
        with pytest.raises(RoleAboveOwn):
            invite(supervisor, role=role)
        with pytest.raises(RoleAboveOwn):
            update_user(
                user=agent,
                email=agent.email,
                name=agent.name,
                role=role,
                language="en",
                time_zone="",
                department=None,
                team=None,
                by=supervisor,
                at=now,
            )
    agent.refresh_from_db()
    assert (list(Invitation.objects.all()), agent.role) == ([], Role.AGENT)
    assert invite(supervisor, role=Role.AGENT)[0].role == Role.AGENT


def test_agent_invites_nobody(agent):
    with pytest.raises(RoleAboveOwn):
        invite(agent)
    assert list(Invitation.objects.all()) == []


def test_address_is_invited_once_and_only_where_nobody_has_it(administrator, agent):
    invite(administrator)

    with pytest.raises(AlreadyInvited):
        invite(administrator, email="LI.LEI@staff.example")
    with pytest.raises(EmailTaken):
        invite(administrator, email=agent.email)
    assert Invitation.objects.count() == 1


def test_address_taken_at_another_courier_is_refused_at_the_end_and_changes_nothing(
    administrator, other_tenant, tenant, now
):
    _invitation, token = invite(administrator)
    with inside(other_tenant, leaving=tenant):
        create_user(email="li.lei@staff.example", name="Other", role=Role.AGENT, language="en", by=None, at=now)

    with outside(tenant):
        answer = Client().post(link(token), JOINING)

    assert answer.status_code == 422
    assert answer.context["form"].non_field_errors() == ["Somebody signs in with this address already."]
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"password": "short", "repeated": "short"}, "password"),
        ({"password": "li.lei@staff.example", "repeated": "li.lei@staff.example"}, "password"),
        ({"repeated": "something else"}, "repeated"),
        ({"name": ""}, "name"),
        ({"language": "xx"}, "language"),
    ],
)
def test_joining_says_what_is_wrong_beside_the_field(administrator, tenant, changes, field):
    _invitation, token = invite(administrator)

    with outside(tenant):
        answer = Client().post(link(token), JOINING | changes)

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert User.objects.filter(email="li.lei@staff.example").exists() is False


def test_who_is_signed_in_is_asked_to_sign_out_first(client_for, administrator, agent):
    _invitation, token = invite(administrator)

    answer = client_for(agent).post(link(token), JOINING)

    assert answer.status_code == 200
    assert "Sign out first" in answer.content.decode()
    assert Invitation.objects.count() == 1


def test_link_that_never_was_looks_like_one_that_was_used(db):
    answer = Client().get(link("x" * 43))

    assert answer.status_code == 410
    assert "no longer works" in answer.content.decode()


def test_list_sends_again_and_withdraws(client_for, administrator, django_capture_on_commit_callbacks):
    invitation, _token = invite(administrator)
    before = bytes(Invitation.objects.get().token_hash)
    client = client_for(administrator)

    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("console:resend_invitation", args=[invitation.pk]))
    assert bytes(Invitation.objects.get().token_hash) != before
    assert len(mail.outbox) == 1
    client.post(reverse("console:withdraw_invitation", args=[invitation.pk]))

    assert list(Invitation.objects.all()) == []
    assert list(
        AuditEvent.objects.filter(action__startswith="invitation.").order_by("pk").values_list("action", flat=True)
    ) == [
        "invitation.sent",
        "invitation.resent",
        "invitation.withdrawn",
    ]


@pytest.mark.parametrize("count", [3, 300])
def test_list_asks_the_same_few_questions(client_for, administrator, count, django_assert_num_queries):
    for number in range(count):
        invite(administrator, email=f"w{number}@staff.example")
    client = client_for(administrator)
    client.get(reverse("console:invitations"))

    with django_assert_num_queries(8):
        answer = client.get(reverse("console:invitations"))

    assert "w1@staff.example" in answer.content.decode() or count > 50


@pytest.mark.parametrize("name", ["invitations", "invite_user"])
def test_invitations_are_refused_to_an_agent(client_for, agent, name):
    assert client_for(agent).get(reverse(f"console:{name}")).status_code == 403


def test_invitation_is_in_the_language_of_the_company_unless_another_is_chosen(client_for, tenant, now):
    Tenant.objects.filter(pk=tenant.pk).update(language="zh-hans")
    tenant.language = "zh-hans"
    administrator = make_user(role=Role.ADMINISTRATOR, at=now, language="en")

    form = client_for(administrator).get(reverse("console:invite_user")).context["form"]

    assert form.initial["language"] == "zh-hans"


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "加入Swift"), ("en", "Join Swift")])
def test_first_page_and_account_speak_the_language_of_the_invitation(administrator, tenant, language, words):
    other = {"zh-hans": "en", "en": "zh-CN"}[language]
    _invitation, token = invite(administrator, language=language)
    with outside(tenant):
        stranger = Client(headers={"Accept-Language": other})

        page = stranger.get(link(token))
        refused = stranger.post(link(token), JOINING | {"language": language, "name": ""})
        joined = stranger.post(link(token), JOINING | {"language": language})
        sign_in = stranger.get(joined.url)

    for answer in (page, refused):
        assert words in answer.content.decode()
        assert f'<html lang="{language}"' in answer.content.decode()
    assert (joined.status_code, page.context["form"].initial["language"]) == (302, language)
    assert f'<html lang="{language}"' in sign_in.content.decode()
    assert User.objects.get(email="li.lei@staff.example").language == language


def test_language_chosen_on_the_first_page_is_spoken_from_there(administrator, tenant):
    _invitation, token = invite(administrator, language="zh-hans")
    with outside(tenant):
        stranger = Client()
        stranger.post(reverse("web:language"), {"language": "en"})

        body = stranger.get(link(token)).content.decode()

    assert "Join Swift" in body
