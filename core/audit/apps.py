from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "core.audit"
    label = "audit"

    def ready(self) -> None:
        from core.crypto.register import classify

        classify(
            "audit.AuditEvent",
            business="""action subject_kind subject_id actor_kind actor_id changes details reason_digest request_id
                happened_at""",
            personal="reason reason_salt",
        )
        classify("audit.Erasure", business="kind subject_id actor_kind actor_id operator happened_at")
        classify("audit.AuditPending", business="digest")
        classify("audit.AuditSeal", business="sequence event_id digest sealed_at")
