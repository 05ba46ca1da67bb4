"""Sessions: listed with device and network, ended one by one, all at once, and by what changes a sign-in."""

import pytest
from django.urls import reverse

from core.accounts.devices import device_of, masked_address
from core.accounts.models import UserSession
from core.accounts.services import deactivate_user
from core.audit.models import AuditEvent
from tests.factories.accounts import PASSWORD, outside, somewhere

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1"
NEW_PASSWORD = "seven grey parcels wait"


def enter(user, agent_words=WINDOWS, password=PASSWORD, **extra):
    client = somewhere()
    client.defaults |= {"HTTP_USER_AGENT": agent_words, **extra}
    client.post(reverse("account_login"), {"login": user.email, "password": password})
    return client


def is_in(client):
    return client.get("/customers/").status_code == 200


@pytest.mark.parametrize(
    ("words", "device"),
    [
        (WINDOWS, "Chrome · Windows"),
        (PHONE, "Safari · iPhone"),
        ("curl/8", ""),
        (f"{WINDOWS} Edg/140", "Edge · Windows"),
    ],
)
def test_device_is_said_in_words(words, device):
    assert device_of(words) == device


@pytest.mark.parametrize(
    ("address", "kept"),
    [("203.0.113.77", "203.0.113.*"), ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:*")],
)
def test_address_is_kept_without_its_last_part(address, kept):
    assert masked_address(address) == kept


def test_own_devices_are_listed_and_one_is_signed_out(tenant, agent):
    with outside(tenant):
        here = enter(agent)
        there = enter(agent, PHONE, REMOTE_ADDR="203.0.113.77")
        page = here.get(reverse("mfa_index")).content.decode()
    phone = UserSession.objects.get(device="Safari · iPhone")
    with outside(tenant):
        answer = here.post(reverse("account_end_session", args=[phone.pk]))

        assert (answer.status_code, is_in(here), is_in(there)) == (302, True, False)
    assert "Safari · iPhone" in page
    assert "203.0.113.*" in page
    assert "203.0.113.77" not in page


def test_nobody_ends_the_session_of_a_colleague(tenant, agent, supervisor):
    with outside(tenant):
        theirs, ours = enter(supervisor), enter(agent)
    session = UserSession.objects.get(user=supervisor)
    with outside(tenant):
        answer = ours.post(reverse("account_end_session", args=[session.pk]))

        assert (answer.status_code, is_in(theirs)) == (404, True)


def test_all_other_devices_are_signed_out(tenant, agent):
    with outside(tenant):
        here, one, two = enter(agent), enter(agent), enter(agent)
        here.post(reverse("account_end_other_sessions"))

        assert [is_in(client) for client in (here, one, two)] == [True, False, False]
    (event,) = AuditEvent.objects.filter(action="user.signed_out", subject_id=agent.pk)
    assert event.details == {"sessions": 2}


def test_administrator_signs_somebody_out_everywhere(tenant, agent, administrator, client_for):
    with outside(tenant):
        theirs = enter(agent)
        answer = client_for(administrator).post(reverse("console:end_sessions", args=[agent.pk]), follow=True)

        assert "was signed out on 1 device." in answer.content.decode()
        assert is_in(theirs) is False
        assert is_in(enter(agent)) is True


def test_switching_off_ends_all_sessions(tenant, agent, administrator, now):
    with outside(tenant):
        theirs = enter(agent)
    deactivate_user(user=agent, by=administrator, at=now)

    assert list(UserSession.objects.filter(user=agent)) == []
    with outside(tenant):
        assert is_in(theirs) is False


def test_change_of_password_ends_the_others_and_keeps_this_one_in_the_list(tenant, agent):
    with outside(tenant):
        here, there = enter(agent), enter(agent)
        here.post(
            reverse("account_change_password"),
            {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
        )

        assert (is_in(here), is_in(there)) == (True, False)
        assert "this device" in here.get(reverse("mfa_index")).content.decode()
        assert is_in(enter(agent, password=NEW_PASSWORD)) is True


def test_strangers_who_try_passwords_cannot_lock_out_a_device_that_is_known(tenant, agent):
    with outside(tenant):
        known = enter(agent)
        known.post(reverse("account_logout"))
        stranger = somewhere()
        for _attempt in range(6):
            refused = stranger.post(reverse("account_login"), {"login": agent.email, "password": "wrong"})
        locked = enter(agent)
        known.post(reverse("account_login"), {"login": agent.email, "password": PASSWORD})

        assert "Too many failed login attempts" in str(refused.context["form"].errors)
        assert (is_in(locked), is_in(known)) == (False, True)


def test_known_device_has_a_limit_of_its_own(tenant, agent):
    with outside(tenant):
        known = enter(agent)
        known.post(reverse("account_logout"))
        for _attempt in range(6):
            refused = known.post(reverse("account_login"), {"login": agent.email, "password": "wrong"})

        assert "Too many failed login attempts" in str(refused.context["form"].errors)
