"""Where keys come from: the master key, key services, wrapping anew; and what is said when they are wrong."""

import base64
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from core.crypto import kms
from core.crypto.checks import refuse_wrong_master_key
from core.crypto.errors import KeyUnavailable, WrongMasterKey
from core.crypto.keys import current_cipher
from core.crypto.models import RootKey
from core.tenancy.scope import alone, renew_stamp, tenant_scope
from customers.models import Customer
from tests.factories.accounts import make_tenant

ROOT = Path(__file__).resolve().parents[2]


def new_master_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


class OtherService(kms.LocalMasterKey):
    """A key service of somebody else's: its key is not in the settings."""

    KEY = b"k" * 32

    def __init__(self) -> None:
        super().__init__("CRM_KMS")

    def _key(self) -> bytes:
        return self.KEY


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("", "CRM_MASTER_KEY is not set"),
        ("not base64!", "CRM_MASTER_KEY is not base64"),
        (base64.b64encode(b"short").decode(), "CRM_MASTER_KEY holds 5 bytes"),
    ],
)
def test_bad_master_key_is_refused_by_name_with_the_way_to_mend_it(settings, key, words):
    settings.MASTER_KEY = key

    with pytest.raises(ImproperlyConfigured, match=words) as refusal:
        kms.service().check()

    assert "openssl rand -base64 32" in str(refusal.value)


def test_key_service_that_is_not_there_is_refused_by_name(settings):
    settings.KMS = "somewhere.Vault"

    with pytest.raises(ImproperlyConfigured, match=r"CRM_KMS: there is no class somewhere\.Vault"):
        kms.service()


COMMAND = ["manage.py", "rotate_keys"]
WEB = ["-c", "import courier_crm.wsgi"]
WORKER = ["-m", "celery", "-A", "courier_crm", "report"]


@pytest.mark.parametrize(
    ("program", "variables", "words"),
    [
        (COMMAND, {"CRM_MASTER_KEY": "no key!"}, "CRM_MASTER_KEY is not base64"),
        (COMMAND, {"CRM_MASTER_KEY_FILE": "/nowhere/key"}, "CRM_MASTER_KEY_FILE: /nowhere/key cannot be read"),
        (COMMAND, {}, "Set CRM_MASTER_KEY, or CRM_MASTER_KEY_FILE"),
        (COMMAND, {"CRM_KMS": "somewhere.Vault"}, "CRM_KMS: there is no class somewhere.Vault"),
        (WEB, {"CRM_MASTER_KEY": "no key!"}, "CRM_MASTER_KEY is not base64"),
        (WORKER, {"CRM_MASTER_KEY": "no key!"}, "CRM_MASTER_KEY is not base64"),
    ],
)
def test_nothing_starts_without_its_master_key(program, variables, words):
    production = {
        "DATABASE_URL": "postgresql://crm_app@127.0.0.1:1/crm",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "CRM_SECRET_KEY": "x" * 50,
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CRM_")}

    ran = subprocess.run(
        [sys.executable, *program],
        cwd=ROOT,
        env=kept | production | variables,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode != 0
    assert words in ran.stderr
    if program is COMMAND:
        assert "Traceback" not in ran.stderr


@pytest.mark.django_db(transaction=True)
def test_root_wrapped_by_another_master_key_is_named(settings, now):
    tenant = make_tenant(slug="swift", at=now)
    assert run_checks(databases=["default"]) == []
    refuse_wrong_master_key()
    settings.MASTER_KEY = new_master_key()

    with pytest.raises(ImproperlyConfigured, match="swift was wrapped by another master key"):
        refuse_wrong_master_key()

    # One for the tenant, one for its sandbox.
    errors = [(error.id, "CRM_MASTER_KEY_PREVIOUS" in error.msg) for error in run_checks(databases=["default"])]
    assert errors == [("crypto.E001", True)] * 2
    alone(tenant, renew_stamp)
    with tenant_scope(tenant), pytest.raises(KeyUnavailable, match="swift was wrapped by another"):
        current_cipher(tenant.pk)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("to_service", [False, True])
def test_rewrapped_keys_are_opened_by_the_new_master_key_alone(settings, now, to_service):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        Customer.objects.create(number="C-1", person_name="Anna", created_at=now)
    settings.MASTER_KEY_PREVIOUS, settings.MASTER_KEY = settings.MASTER_KEY, new_master_key()
    if to_service:
        settings.KMS = f"{__name__}.OtherService"

    refuse_wrong_master_key()
    out = StringIO()
    call_command("rewrap_keys", stdout=out)
    call_command("rewrap_keys", stdout=out)

    assert [line[:2] for line in out.getvalue().splitlines()] == ["2 ", "Al", "0 ", "Al"]
    settings.MASTER_KEY_PREVIOUS = ""
    refuse_wrong_master_key()
    alone(tenant, renew_stamp)
    with tenant_scope(tenant):
        assert Customer.objects.get().person_name == "Anna"


@pytest.mark.django_db(transaction=True)
def test_rewrap_without_the_old_key_says_so_and_changes_nothing(settings, now):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        before = bytes(RootKey.objects.get().wrapped)
    settings.MASTER_KEY = new_master_key()

    with pytest.raises(CommandError, match="swift was wrapped by another master key"):
        call_command("rewrap_keys", stdout=StringIO())

    with tenant_scope(tenant):
        assert bytes(RootKey.objects.get().wrapped) == before


def test_wrapped_key_is_bound_to_its_tenant_and_version(settings):
    wrapped = kms.service().wrap(b"r" * 32, context=b"one")

    assert kms.unwrap(wrapped, context=b"one") == (b"r" * 32, True)
    with pytest.raises(WrongMasterKey):
        kms.unwrap(wrapped, context=b"two")
