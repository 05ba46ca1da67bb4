from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from core.accounts.models import User


class EmailBackend(AuthenticationBackend):
    """Signs people in by e-mail, and reads them back from the session while they may work."""

    def get_user(self, user_id: Any) -> User | None:
        user = User.objects.select_related("tenant").filter(pk=user_id).first()
        return user if user and user.is_active and user.tenant.is_active else None
