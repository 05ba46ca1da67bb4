"""Passwords: long, of any kind, and not known from stolen lists."""

import random
import string

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.urls import reverse

from core.accounts.passwords import FILE, is_known
from tests.factories.accounts import PASSWORD, outside


@pytest.mark.parametrize(
    "password",
    ["1q2w3e4r5t6y", "qwertyuiop12", "123456789012", "PasswordPassword", "Iloveyou2026!", "!!iloveyou!!2026"],
)
def test_known_password_is_refused(password):
    with pytest.raises(ValidationError) as refused:
        validate_password(password)

    assert [error.code for error in refused.value.error_list] == ["password_known"]


@pytest.mark.parametrize(
    "password", ["elf chars ok", "correct horse battery staple", "顺丰速运从来不在周日派送呀", "ž" * 64 + "q" * 36]
)
def test_long_password_of_any_kind_is_taken(password):
    assert validate_password(password) is None


@pytest.mark.parametrize("password", ["elf chars !", ""])
def test_short_password_is_refused(password):
    with pytest.raises(ValidationError) as refused:
        validate_password(password)

    assert "password_too_short" in [error.code for error in refused.value.error_list]


def test_filter_is_small_and_seldom_wrong():
    chance = random.Random(7)
    words = ("".join(chance.choices(string.ascii_lowercase, k=18)) + "7" for _ in range(60_000))

    assert FILE.stat().st_size == 1_000_000
    assert sum(map(is_known, words)) / 60_000 < 0.005


def test_password_of_a_hundred_characters_signs_in(tenant, agent, client_for, client):
    password = "a hundred characters are nobody's business, and spaces count, too: " + "xy z" * 10
    with outside(tenant):
        changed = client_for(agent).post(
            reverse("account_change_password"),
            {"oldpassword": PASSWORD, "password1": password, "password2": password},
        )
        entered = client.post(reverse("account_login"), {"login": agent.email, "password": password})

    assert (changed.status_code, entered.url) == (302, "/")
