"""allauth's pages that change how somebody signs in, each ending what was signed in before; and their front page."""

from typing import Any

from allauth.account import views as account
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.adapter import get_adapter as mfa_adapter
from allauth.mfa.base import views as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.generic import View

from core.accounts.models import UserSession
from core.accounts.second_step import has_second_step, is_waived, must_have_second_step
from core.accounts.selectors import live_sessions
from core.accounts.services import SessionGone, end_session, end_sessions, note_second_step_change, renew_session_key


class SecondStepChange:
    """Takes a valid form of allauth's, then ends all other sessions and has this one go on with what was proved."""

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        request = self.request
        note_second_step_change(user=request.user, at=timezone.now(), keep=request.session.session_key)
        has_one = Authenticator.objects.filter(user=request.user).exists()
        if has_one and not has_second_step(request):
            record_authentication(request, request.user, "mfa")
        patch_cache_control(response, private=True, no_store=True)
        return response


class ActivateTOTPView(SecondStepChange, totp.ActivateTOTPView):
    pass


class DeactivateTOTPView(SecondStepChange, totp.DeactivateTOTPView):
    pass


class AddPasskeyView(SecondStepChange, webauthn.AddWebAuthnView):
    pass


class RemovePasskeyView(SecondStepChange, webauthn.RemoveWebAuthnView):
    """Refuses the last second step of who must have one, as allauth does for codes only."""

    success_url = reverse_lazy("mfa_index")

    def form_valid(self, form: Any) -> HttpResponse:
        if not mfa_adapter().can_delete_authenticator(self.object):
            messages.error(self.request, _("You work here only with a second step. Add another one before."))
            return redirect(self.success_url)
        return super().form_valid(form)


class GenerateRecoveryCodesView(SecondStepChange, recovery_codes.GenerateRecoveryCodesView):
    pass


@method_decorator(login_required, name="dispatch")
class ChangePasswordView(account.PasswordChangeView):
    def form_valid(self, form: Any) -> HttpResponse:
        before = self.request.session.session_key
        response = super().form_valid(form)
        renew_session_key(user=self.request.user, old=before, new=self.request.session.session_key)
        return response


class SecurityView(mfa.IndexView):
    """How one signs in: password, second steps, and where one is signed in now."""

    template_name = "account/security.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        patch_cache_control(response, private=True, no_store=True)
        return response

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        user = self.request.user
        return super().get_context_data(
            sessions=live_sessions(user),
            this_session=self.request.session.session_key,
            must_have=must_have_second_step(user) and not has_second_step(self.request),
            may_wait=must_have_second_step(user, waivable=False) and is_waived(user),
            **context,
        )


@method_decorator(login_required, name="dispatch")
class EndSessionView(View):
    """Sign one of one's own devices out."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        session = get_object_or_404(UserSession.objects.select_related("user"), pk=pk, user=request.user)
        try:
            end_session(session=session, by=request.user, at=timezone.now())
        except SessionGone as error:
            messages.error(request, str(error.message))
        else:
            messages.success(request, _("The device is signed out."))
        return redirect("mfa_index")


@method_decorator(login_required, name="dispatch")
class EndOtherSessionsView(View):
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        end_sessions(user=request.user, by=request.user, keep=request.session.session_key, at=timezone.now())
        messages.success(request, _("You are signed out on all other devices."))
        return redirect("mfa_index")
