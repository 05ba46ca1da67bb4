from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsoleConfig(AppConfig):
    name = "core.console"
    label = "console"

    def ready(self) -> None:
        from core.web import navigation

        navigation.register(
            key="settings",
            label=_("Settings"),
            url_name="console:home",
            icon="settings",
            order=900,
            letter="x",
        )
        navigation.register_setting(
            key="people",
            label=_("People"),
            description=_("Who works here: their roles, departments and teams, and who may sign in."),
            url_name="console:people",
            icon="users",
            permission="people.manage",
            order=10,
        )
        navigation.register_setting(
            key="organisation",
            label=_("Departments and teams"),
            description=_("How the company is divided, for responsibility and for sharing the work."),
            url_name="console:organisation",
            icon="sitemap",
            permission="people.manage",
            order=20,
        )
        navigation.register_setting(
            key="keys",
            label=_("API keys"),
            description=_("What partners' programs may read, and when they last did."),
            url_name="console:keys",
            icon="key",
            permission="keys.manage",
            order=60,
        )
        navigation.register_setting(
            key="jobs",
            label=_("Background jobs"),
            description=_("What ran in the night and in the background, and how it ended."),
            url_name="console:jobs",
            icon="clock-play",
            permission="jobs.view",
            order=80,
        )
