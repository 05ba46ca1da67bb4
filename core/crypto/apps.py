from django.apps import AppConfig


class CryptoConfig(AppConfig):
    name = "core.crypto"
    label = "crypto"

    def ready(self) -> None:
        import core.crypto.checks  # noqa: F401  registers the check
        from core.crypto import kms
        from core.crypto.register import classify

        # Web, workers and commands all come through here: without its master key none of them starts.
        kms.service().check()

        classify(
            "tenancy.Tenant",
            business="slug name time_zone currency language is_active is_demo sandbox_of stamp created_at",
        )
        classify("crypto.RootKey", business="version created_at destroyed_at", sensitive="wrapped")
