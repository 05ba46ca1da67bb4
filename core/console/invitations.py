"""Invitations: sent, sent again and withdrawn by administrators; accepted by who holds the link."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView

from core.accounts.enums import Role
from core.accounts.models import Invitation
from core.accounts.selectors import find_invitation
from core.accounts.services import (
    EmailTaken,
    InvitationVoid,
    accept_invitation,
    invite_user,
    resend_invitation,
    withdraw_invitation,
)
from core.console.forms import AcceptInvitationForm, InvitationForm
from core.console.mail import send_invitation
from core.tenancy.errors import DomainError
from core.tenancy.scope import current_tenant, tenant_scope
from core.web.lists import ChoiceFilter, Column, ListView, Sort
from core.web.preferences import keep_language
from core.web.views import StaffFormView, StaffView, StepView, go_to

Answer = Callable[..., HttpResponseBase]
MANAGE = "people.manage"


class InvitationsView(ListView):
    permission_required = MANAGE
    template_name = "console/invitation_list.html"
    filters = (ChoiceFilter(name="role", label=gettext_lazy("Role"), choices=Role.choices),)
    sorts = (Sort("sent_at", gettext_lazy("Sent"), descending_first=True),)
    default_sort = "-sent_at"
    export_name = "invitations"
    export_title = gettext_lazy("Open invitations")
    export_columns = (
        Column(gettext_lazy("E-mail"), lambda invitation: invitation.email),
        Column(gettext_lazy("Role"), lambda invitation: invitation.get_role_display()),
        Column(gettext_lazy("Department"), lambda invitation: invitation.department),
        Column(gettext_lazy("Team"), lambda invitation: invitation.team),
        Column(gettext_lazy("Invited by"), lambda invitation: invitation.invited_by.name),
        Column(gettext_lazy("Sent"), lambda invitation: invitation.sent_at),
        Column(gettext_lazy("Works until"), lambda invitation: invitation.expires_at),
    )

    def get_queryset(self) -> QuerySet[Invitation]:
        return Invitation.objects.select_related("department", "team", "invited_by")

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(now=timezone.now(), **context)


class InviteUserView(StaffFormView):
    permission_required = MANAGE
    template_name = "console/invitation_form.html"
    form_class = InvitationForm
    error_fields = {
        "email_taken": "email",
        "already_invited": "email",
        "role_above_own": "role",
    }

    def get_initial(self) -> dict[str, Any]:
        return {"language": current_tenant().language, "role": Role.AGENT}

    def save(self, form: BaseForm) -> str:
        invitation, token = invite_user(**form.cleaned_data, by=self.request.user, at=timezone.now())
        send_invitation(self.request, invitation, token)
        messages.success(self.request, _("An invitation is on its way to %(email)s.") % {"email": invitation.email})
        return reverse("console:invitations")


class ResendInvitationView(StaffView):
    permission_required = MANAGE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        invitation = get_object_or_404(Invitation.objects, pk=pk)
        try:
            invitation, token = resend_invitation(invitation=invitation, by=request.user, at=timezone.now())
        except DomainError as error:
            messages.error(request, str(error.message))
        else:
            send_invitation(request, invitation, token)
            messages.success(
                request,
                _("Another invitation is on its way to %(email)s; the link sent before no longer works.")
                % {"email": invitation.email},
            )
        return go_to(request, reverse("console:invitations"))


class WithdrawInvitationView(StepView):
    permission_required = MANAGE

    def post(self, request: HttpRequest, pk: str) -> HttpResponse:
        invitation = get_object_or_404(Invitation.objects, pk=pk)
        said = _("The invitation of %(email)s no longer works.") % {"email": invitation.email}
        return self.take(withdraw_invitation, invitation=invitation, said=said, then=reverse("console:invitations"))


class AcceptInvitationView(FormView):
    """Where the link leads: the person says name, language and password. Open to who holds the link.

    It speaks the language of the invitation, unless another one was chosen in this browser.
    """

    http_method_names = ["get", "post"]
    template_name = "account/invitation.html"
    form_class = AcceptInvitationForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            response = TemplateResponse(request, "account/invitation_signed_in.html")
        elif self.invitation is None:
            response = TemplateResponse(request, "account/invitation_void.html", status=410)
        else:
            response = self._speaking(super().dispatch, request, *args, **kwargs)
        patch_cache_control(response, private=True, no_store=True)
        return response

    def _speaking(
        self, answer: Callable[..., HttpResponseBase], request: HttpRequest, *args: Any, **kwargs: Any
    ) -> Any:
        """Answer in the language of the invitation, to the last word of the page."""
        if settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
            return answer(request, *args, **kwargs)
        with translation.override(self.invitation.language):
            request.LANGUAGE_CODE = translation.get_language()
            response = answer(request, *args, **kwargs)
            if isinstance(response, TemplateResponse):
                response.render()
            response.headers["Content-Language"] = request.LANGUAGE_CODE
        return response

    @cached_property
    def invitation(self) -> Invitation | None:
        return find_invitation(self.kwargs["token"], at=timezone.now())

    def get_initial(self) -> dict[str, Any]:
        return {"language": self.invitation.language}

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "email": self.invitation.email}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(invitation=self.invitation, **context)

    def form_valid(self, form: AcceptInvitationForm) -> HttpResponse:
        try:
            with tenant_scope(self.invitation.tenant):
                accept_invitation(
                    token=self.kwargs["token"],
                    name=form.cleaned_data["name"],
                    language=form.cleaned_data["language"],
                    password=form.cleaned_data["password"],
                    at=timezone.now(),
                )
        except InvitationVoid:
            return TemplateResponse(self.request, "account/invitation_void.html", status=410)
        except EmailTaken as error:
            form.add_error(None, str(error.message))
            return self.form_invalid(form)
        language = form.cleaned_data["language"]
        with translation.override(language):
            messages.success(self.request, _("Welcome. Sign in with your e-mail address and your new password."))
        response = redirect("account_login")
        keep_language(response, language)
        return response

    def form_invalid(self, form: AcceptInvitationForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)
