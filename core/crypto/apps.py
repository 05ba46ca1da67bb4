from django.apps import AppConfig


class CryptoConfig(AppConfig):
    name = "core.crypto"
    label = "crypto"

    def ready(self) -> None:
        from core.crypto.register import classify

        classify("tenancy.Tenant", business="slug name time_zone currency is_active created_at")
        classify("crypto.RootKey", business="version created_at", sensitive="wrapped")
