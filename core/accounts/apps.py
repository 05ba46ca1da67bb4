from django.apps import AppConfig
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext


class AccountsConfig(AppConfig):
    name = "core.accounts"
    label = "accounts"

    def ready(self) -> None:
        import core.accounts.declared  # noqa: F401  declares the permissions, actions and personal data of accounts
        from core.accounts import holdings
        from core.accounts.models import Invitation
        from core.accounts.services import hand_over_invitation

        holdings.register(
            holdings.Holding(
                name="invitations",
                label=_("Open invitations"),
                words=lambda count: ngettext("%(count)s open invitation", "%(count)s open invitations", count),
                model=Invitation,
                field="invited_by",
                open=lambda rows, at: rows.filter(expires_at__gt=at),
                hand_over=hand_over_invitation,
                permission="people.manage",
                page=lambda _user: reverse("console:invitations"),
            )
        )
