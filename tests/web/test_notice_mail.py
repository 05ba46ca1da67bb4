"""Notices by mail: chosen kind by kind, at once or in the morning, each notice in one mail, which names nobody."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connections
from django.urls import reverse

from core.accounts.enums import Role
from core.accounts.models import User
from core.accounts.services import deactivate_user
from core.tenancy.ids import uuid7
from core.tenancy.scope import tenant_scope
from core.web import notice_mail
from core.web.enums import HowTold, MailState
from core.web.models import Notice, NoticeChoice, NoticeMail
from core.web.notice_choices import choices_of, choose
from core.web.notice_mail import MOST_ATTEMPTS, SILENCE, plan_mails, send_mail, wake_senders
from core.web.notices import KEEP, forget_notices, mark_read, notices_of, notify
from customers.enums import CustomerKind
from tests.factories.accounts import inside, make_tenant, make_user, outside
from tests.factories.customers import make_customer
from tests.factories.smtp import mail_server

MORNING = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)  # 08:00 in Shanghai


@pytest.fixture
def server(settings):
    settings.ADDRESS = "https://crm.example.com"
    with mail_server(settings) as server:
        yield server


@pytest.fixture
def customer(tenant, now):
    return make_customer(
        number="C-77", kind=CustomerKind.INDIVIDUAL, company_name="", person_name="Wang Xiaoming", at=now
    )


@pytest.fixture
def tell(account_manager, customer):
    """Return a function that gives the account manager a notice of a kind."""

    def tell(kind="tier_changed", *, at, user=account_manager):
        facts = {"from": "low", "to": "vip", "reason": "evaluation", "exceptions": ["lost"]}
        notify(user=user, kind=kind, source_id=uuid7(), subject_id=customer.pk, facts=facts, at=at)

    return tell


@pytest.fixture
def at_once(account_manager, now):
    choose(user=account_manager, chosen={"tier_changed": HowTold.AT_ONCE}, at=now)


@pytest.fixture
def send(tenant):
    """Return a function that plans and sends all that is due, and tells what became of each mail."""

    def send(at):
        plan_mails(at=at)
        due = NoticeMail.objects.filter(state=MailState.DUE, due_at__lte=at).order_by("pk")
        return [send_mail(tenant_id=tenant.pk, mail_id=mail.pk, at=at) for mail in due]

    return send


def states():
    return list(NoticeMail.objects.order_by("pk").values_list("state", "attempts"))


def test_nobody_is_mailed_unless_they_chose_it(server, account_manager, tell, send, now):
    tell(at=now)

    assert send(now) == []
    assert (choices_of(account_manager), server.messages) == ({}, [])


@pytest.mark.usefixtures("at_once")
def test_mail_at_once_says_how_many_and_where_and_names_nobody(server, account_manager, tell, send, now):
    for _each in range(2):
        tell(at=now)

    assert send(now) == [True]

    (message,) = server.messages
    mail = NoticeMail.objects.get()
    assert message["Subject"] == "2 notices for you at Swift"
    assert message["To"] == account_manager.email
    assert message["List-Unsubscribe"] == "<https://crm.example.com/notices/choices/>"
    assert (message["Message-ID"], message["Auto-Submitted"]) == (
        f"<{mail.pk}@notices.courier-crm>",
        "auto-generated",
    )
    assert message.get_content().replace("\r\n", "\n") == (
        "Not read yet:\n\n- A customer whom you look after changed its tier: 2\n\n"
        "What it is about stands there:\nhttps://crm.example.com/notices/?unread=yes\n\n"
        "You get this at once, because you chose so. Change it there:\nhttps://crm.example.com/notices/choices/\n\n"
        "Courier CRM\n\n"
    )
    whole = message.as_string()
    assert [each for each in ("Wang", "Xiaoming", "C-77", account_manager.name) if each in whole] == []


@pytest.mark.usefixtures("at_once")
def test_mail_is_in_the_readers_language(server, account_manager, tell, send, now):
    account_manager.language = "zh-hans"
    account_manager.save()
    tell(at=now)

    send(now)

    assert server.messages[0]["Subject"] == "Swift：您有 1 条通知"
    assert "您负责的客户等级有变化: 1" in server.messages[0].get_content()


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_a_mail_is_sent_and_that_it_is_begun_is_kept(server, now):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        reader, customer = make_user(role=Role.ACCOUNT_MANAGER, at=now), make_customer(at=now)
        choose(user=reader, chosen={"tier_changed": HowTold.AT_ONCE}, at=now)
        facts = {"from": "low", "to": "vip", "reason": "evaluation"}
        notify(user=reader, kind="tier_changed", source_id=uuid7(), subject_id=customer.pk, facts=facts, at=now)
        plan_mails(at=now)
        mail = NoticeMail.objects.get()
    seen = []

    def look():
        try:
            with tenant_scope(tenant):
                seen.append(NoticeMail.objects.select_for_update(nowait=True).get().attempts)
        finally:
            connections.close_all()

    server.on_message = look

    assert send_mail(tenant_id=tenant.pk, mail_id=mail.pk, at=now) is True
    assert seen == [1]


@pytest.mark.usefixtures("at_once")
def test_each_notice_stands_in_one_mail_and_a_mail_is_sent_once(server, tell, send, tenant, now):
    tell(at=now)
    plan_mails(at=now)
    plan_mails(at=now)
    mail = NoticeMail.objects.get()

    first = send_mail(tenant_id=tenant.pk, mail_id=mail.pk, at=now)
    again = send_mail(tenant_id=tenant.pk, mail_id=mail.pk, at=now + timedelta(hours=1))
    tell(at=now + timedelta(minutes=1))
    more = send(now + timedelta(minutes=1))

    assert (first, again, more) == (True, False, [True])
    assert [message["Subject"] for message in server.messages] == ["1 notice for you at Swift"] * 2
    assert Notice.objects.values("mail").distinct().count() == 2


def test_daily_mail_goes_in_the_local_morning_once_a_day(server, account_manager, tell, send):
    choose(user=account_manager, chosen={"tier_changed": HowTold.DAILY}, at=MORNING - timedelta(hours=9))
    tell(at=MORNING - timedelta(hours=8))

    early, morning = send(MORNING - timedelta(minutes=1)), send(MORNING)
    tell(at=MORNING + timedelta(hours=1))
    later, tomorrow = send(MORNING + timedelta(hours=2)), send(MORNING + timedelta(days=1))

    assert (early, morning, later, tomorrow) == ([], [True], [], [True])
    assert list(NoticeMail.objects.order_by("pk").values_list("for_date", flat=True)) == [
        date(2026, 3, 2),
        date(2026, 3, 3),
    ]
    assert "once a day" in server.messages[0].get_content()


def test_kinds_go_as_each_was_chosen(server, account_manager, tell, send):
    chosen = {"tier_changed": HowTold.DAILY, "job.ended": HowTold.AT_ONCE, "took_over": HowTold.PAGE}
    choose(user=account_manager, chosen=chosen, at=MORNING - timedelta(hours=9))
    for kind in chosen:
        tell(kind, at=MORNING - timedelta(hours=8))

    send(MORNING - timedelta(hours=7))
    send(MORNING)

    assert [message.get_content().count("\n- ") for message in server.messages] == [1, 1]
    assert Notice.objects.get(mail=None).kind == "took_over"


@pytest.mark.usefixtures("at_once")
def test_what_was_read_is_not_told_and_an_empty_mail_is_not_sent(server, account_manager, tell, send, now):
    tell(at=now)
    plan_mails(at=now)
    mark_read(notices=notices_of(account_manager), at=now)

    assert send(now) == [False]
    assert (states(), server.messages) == ([("dropped", 1)], [])


def test_what_came_before_the_choice_is_not_mailed_afterwards(server, account_manager, tell, send, now):
    tell(at=now - timedelta(days=1))
    choose(user=account_manager, chosen={"tier_changed": HowTold.AT_ONCE}, at=now)

    assert (send(now), server.messages) == ([], [])


@pytest.mark.usefixtures("at_once")
def test_who_left_is_not_mailed(server, account_manager, tell, send, now):
    tell(at=now)
    plan_mails(at=now)
    deactivate_user(user=account_manager, by=User.objects.get(role=Role.ADMINISTRATOR), at=now)

    assert (send(now), server.messages) == ([False], [])
    assert plan_mails(at=now + timedelta(hours=1)) == 0


@pytest.mark.usefixtures("at_once")
def test_mail_that_cannot_be_sent_is_tried_again_and_given_up(server, tell, send, now):
    tell(at=now)
    server.refusal = "451 later"

    assert send(now) == [False]
    assert send(now) == []
    assert send(now + timedelta(minutes=1)) == [False]
    mail = NoticeMail.objects.get()
    assert (mail.state, mail.attempts, mail.error) == ("due", 2, "SMTPRecipientsRefused")
    server.refusal = ""
    assert send(now + timedelta(minutes=4)) == [True]
    assert states() == [("sent", 3)]

    tell(at=now + timedelta(days=1))
    server.refusal = "451 later"
    for attempt in range(1, MOST_ATTEMPTS + 1):
        send(now + timedelta(days=attempt))
    assert states() == [("sent", 3), ("failed", MOST_ATTEMPTS)]


@pytest.mark.usefixtures("at_once")
def test_address_that_is_refused_for_good_is_tried_once(server, tell, send, now):
    tell(at=now)
    server.refusal = "550 nobody of this name"

    assert send(now) == [False]
    assert states() == [("failed", 1)]


@pytest.mark.usefixtures("at_once")
def test_server_that_is_away_is_tried_again(tell, send, settings, now):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    tell(at=now)

    assert send(now) == [False]
    assert (NoticeMail.objects.get().error, states()) == ("ConnectionRefusedError", [("due", 1)])


@pytest.mark.usefixtures("at_once")
def test_mail_of_a_killed_worker_is_sent_by_another_with_the_same_id(server, tell, send, now):
    tell(at=now)
    plan_mails(at=now)
    killed = notice_mail._begin(NoticeMail.objects.get().pk, now)
    tell(at=now)

    assert send(now + SILENCE / 2) == [True]
    assert send(now + SILENCE) == [True]

    assert killed.extra_headers["Message-ID"] == server.messages[1]["Message-ID"]
    assert [message["Subject"] for message in server.messages] == ["1 notice for you at Swift"] * 2


@pytest.mark.usefixtures("at_once")
def test_sweep_wakes_for_what_is_due_of_every_tenant(tell, tenant, other_tenant, now):
    tell(at=now)

    with outside(tenant):
        sent = wake_senders(at=now)

    with inside(other_tenant, leaving=tenant):
        assert NoticeMail.objects.count() == 0
    assert sent == 1


def test_page_keeps_what_is_chosen(client_for, account_manager):
    client, address = client_for(account_manager), reverse("console:notice_choices")
    form = client.get(address).context["form"]

    answer = client.post(address, {**dict.fromkeys(form.fields, "page"), "tier_changed": "daily"})

    told = {
        "tier_changed",
        "shipment_exception",
        "service_request_in_charge",
        "service_request_due_soon",
        "service_request_overdue",
        "job.ended",
        "took_over",
        "lead_in_charge",
        "follow_up_given",
        "customer_handed_over",
        "tier_policy_decided",
    }
    assert set(form.fields) == told
    assert answer.status_code == 302
    assert choices_of(account_manager) == {"tier_changed": "daily"}
    assert client.get(address).context["form"]["tier_changed"].value() == "daily"
    client.post(address, dict.fromkeys(form.fields, "page"))
    assert NoticeChoice.objects.count() == 0


def test_choice_that_does_not_exist_is_refused(client_for, account_manager):
    answer = client_for(account_manager).post(reverse("console:notice_choices"), {"tier_changed": "by pigeon"})

    assert (answer.status_code, choices_of(account_manager)) == (422, {})


def test_page_of_notices_leads_to_the_choice(client_for, agent, django_assert_num_queries):
    client = client_for(agent)
    assert reverse("console:notice_choices") in client.get(reverse("console:notices")).content.decode()

    with django_assert_num_queries(5):
        client.get(reverse("console:notice_choices"))


@pytest.mark.usefixtures("at_once")
def test_old_mails_are_forgotten_with_their_notices(server, tell, send, now):
    tell(at=now)
    send(now)

    forget_notices(business_date=date(2026, 6, 1), at=now + KEEP + timedelta(minutes=1))

    assert (Notice.objects.count(), NoticeMail.objects.count()) == (0, 0)
