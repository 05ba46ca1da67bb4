from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "core.accounts"
    label = "accounts"

    def ready(self) -> None:
        import core.accounts.declared  # noqa: F401  declares the permissions, actions and personal data of accounts
