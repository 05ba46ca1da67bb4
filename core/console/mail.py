from allauth.account.forms import ResetPasswordForm
from allauth.core.context import request_context
from django.db import transaction
from django.http import HttpRequest
from django.utils import translation

from core.accounts.models import User


def send_password_link(request: HttpRequest, user: User) -> None:
    """Mail a link to set the password, once the user is committed.

    Where the mail fails, "Forgotten password" on the sign-in page sends the same link.
    """

    def send() -> None:
        form = ResetPasswordForm(data={"email": user.email})
        if form.is_valid():
            with request_context(request), translation.override(user.language):
                form.save(request)

    transaction.on_commit(send, robust=True)
