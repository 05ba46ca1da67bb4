"""What allauth asks of us: who signs in and how, and where the secrets of the second step are kept."""

import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from core.accounts.devices import device_of, masked_address
from core.accounts.models import User
from core.accounts.second_step import has_second_step, is_fresh, is_waived, must_have_second_step
from core.accounts.services import keep_secret, note_password_change, note_session, open_secret
from core.tenancy.scope import tenant_scope

DEVICE_SALT = "core.accounts.device"


class StaffAccountAdapter(DefaultAccountAdapter):
    """People are invited by their administrator; nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_email_verified(self, request: HttpRequest, email: str) -> bool:
        return True

    def get_user_search_fields(self) -> list[Any]:
        return ["email"]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Take a sign-in of minutes ago as proof, too."""
        return not is_fresh(context.request)

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        with tenant_scope(user.tenant):
            note_session(
                user=user,
                session_key=request.session.session_key,
                device=device_of(self.get_http_user_agent(request)),
                address=masked_address(self.get_client_ip(request)),
                at=timezone.now(),
            )

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response = super().post_login(request, user, **kwargs)
        if must_have_second_step(user, waivable=False) and is_waived(user) and not has_second_step(request):
            messages.info(
                request,
                _("Administrators need a second step. In this demo it may wait: see “Sign-in and security”."),
            )
        _know_device(response, user)
        return response

    def set_password(self, user: User, password: str) -> None:
        """Set it, and end what was signed in by the old one; who changes their own goes on."""
        super().set_password(user, password)
        request = context.request
        keep = request.session.session_key if request.user.pk == user.pk else ""
        with tenant_scope(user.tenant):
            note_password_change(user=user, keep=keep or "", at=timezone.now())

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count failures on devices that have signed in before by themselves.

        So strangers who try passwords cannot lock somebody out of the device they always use (OWASP, device cookies).
        """
        key = super()._get_login_attempts_cache_key(request, **credentials)
        cookie = request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")
        try:
            known = signing.loads(cookie, salt=DEVICE_SALT, max_age=settings.DEVICE_COOKIE_AGE)
        except signing.BadSignature:
            return key
        login = credentials.get("email") or credentials.get("username") or ""
        return f"{key}:{known['device']}" if known["login"] == _hash_of(login) else key


class SecondStepAdapter(DefaultMFAAdapter):
    """Keeps secrets encrypted under the tenant's key; nobody who needs a second step gives up the last one."""

    def encrypt(self, text: str) -> str:
        return keep_secret(user=context.request.user, text=text)

    def decrypt(self, encrypted_text: str) -> str:
        return open_secret(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        others = Authenticator.objects.filter(user=authenticator.user_id).exclude(pk=authenticator.pk)
        has_another = others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists()
        return has_another or not must_have_second_step(authenticator.user)

    def generate_authenticator_name(self, user: User, type: str) -> str:  # noqa: A002  allauth's name
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return _("Passkey %(number)s") % {"number": number}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": settings.MFA_TOTP_ISSUER}


def _know_device(response: HttpResponse, user: User) -> None:
    known = {"login": _hash_of(user.email), "device": secrets.token_hex(8)}
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps(known, salt=DEVICE_SALT),
        max_age=settings.DEVICE_COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _hash_of(login: str) -> str:
    return salted_hmac(DEVICE_SALT, login.strip().lower(), algorithm="sha256").hexdigest()
