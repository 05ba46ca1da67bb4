from datetime import time

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

# After tiers and stages: who is valued is decided by then.
NIGHTLY_AT = time(3, 15)


class BehaviourConfig(AppConfig):
    name = "behaviour"

    def ready(self) -> None:
        import behaviour.declared  # noqa: F401  declares actions, what is kept, and events
        from behaviour.bulk import BEHAVIOUR_EVENTS, ROWS_PER_PART, event_id_of, write_events
        from behaviour.follow_ups import UNANSWERED_WISH
        from behaviour.panel import load_behaviour_panel
        from behaviour.permissions import RECORD, VIEW
        from behaviour.services import keep_while_agreed, tidy_behaviour
        from behaviour.services.counting import CODE
        from behaviour.views import SeenListView
        from behaviour.words import day_in_words
        from core.jobs import nightly
        from core.partners.bulk import performing as bulk
        from core.web import exports, navigation
        from customers import panels, timeline
        from customers.consents import withdrawals
        from customers.follow_ups import rules
        from customers.services.purposes import BEHAVIOUR

        withdrawals.register(BEHAVIOUR, keep_while_agreed)
        nightly.register(
            "behaviour.tidy",
            label=_("Delete old behaviour, and tell of wishes without a shipment"),
            run=tidy_behaviour,
            at=NIGHTLY_AT,
        )
        rules.register(UNANSWERED_WISH)
        timeline.register(CODE, icon="device-desktop", label=_("On the web and in the app"), words=day_in_words)
        bulk.register(
            BEHAVIOUR_EVENTS,
            label=_("Behaviour sent over the API"),
            permission=RECORD,
            number_of=event_id_of,
            one_per_number=True,
            rows_per_part=ROWS_PER_PART,
            write=write_events,
        )
        exports.register(SeenListView)
        navigation.register(
            key="behaviour",
            label=_("Web and app"),
            url_name="behaviour:list",
            icon="device-desktop",
            permission=VIEW,
            order=330,
            letter="b",
        )
        panels.register(
            key="behaviour",
            label=_("On the web and in the app"),
            template_name="behaviour/panel.html",
            permission=VIEW,
            load=load_behaviour_panel,
            order=97,
        )
