"""What may be done on the pages of a person, an API key and a background job."""

import uuid
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.models import User
from core.jobs.background import kind_of
from core.jobs.models import BackgroundJob
from core.jobs.running import has_file
from core.partners.models import ApiKey
from core.web.record_pages import Action, RecordPage, at
from core.web.views import EVERY_USER

PEOPLE = "people.manage"
KEYS = "keys.manage"


def find_person(pk: uuid.UUID, user: Any) -> User | None:
    return User.objects.filter(pk=pk).first()


def find_key(pk: uuid.UUID, user: Any) -> ApiKey | None:
    return ApiKey.objects.filter(pk=pk).first()


def find_job(pk: uuid.UUID, user: Any) -> BackgroundJob | None:
    return BackgroundJob.objects.filter(pk=pk, owner=user).first()


def _is_other_and_active(person: User, user: Any) -> bool:
    return person.pk != user.pk and person.is_active


def _works(key: ApiKey, user: Any) -> bool:
    return not key.revoked_at


def _has_two_secrets(key: ApiKey, user: Any) -> bool:
    return _works(key, user) and key.has_two_secrets(timezone.now())


PERSON_PAGE = RecordPage(
    url_name="console:update_user", permission=PEOPLE, load=find_person, name_of=lambda person: person.name
)
PERSON_ACTIONS = (
    Action(
        name="rights",
        label=gettext_lazy("What they may do"),
        icon="shield-check",
        url=at("console:rights"),
        permission=PEOPLE,
        order=10,
    ),
    Action(
        name="sign_out",
        label=gettext_lazy("Sign out everywhere…"),
        icon="logout",
        url=at("console:end_sessions"),
        permission=PEOPLE,
        order=20,
        applies=_is_other_and_active,
        confirm=lambda person: (
            _("%(name)s is signed out on all devices at once and may sign in again.") % {"name": person.name}
        ),
        confirm_label=gettext_lazy("Sign out"),
        confirm_classes="btn-primary",
    ),
    Action(
        name="reset_second_step",
        label=gettext_lazy("Lost second step…"),
        icon="shield-off",
        url=at("console:reset_second_step"),
        permission=PEOPLE,
        order=30,
        applies=_is_other_and_active,
        confirm=lambda person: (
            _(
                "Make sure by another way that it is %(name)s who asks. Codes, passkeys and recovery codes work no"
                " more, all devices are signed out, and the password alone is enough until another second step is"
                " set up."
            )
            % {"name": person.name}
        ),
        confirm_label=gettext_lazy("Take it away"),
    ),
    Action(
        name="hand_over",
        label=gettext_lazy("Hand over…"),
        icon="transfer-out",
        url=at("console:hand_over"),
        permission=PEOPLE,
        order=35,
    ),
    Action(
        name="deactivate",
        label=gettext_lazy("Switch off…"),
        icon="user-off",
        url=at("console:deactivate_user"),
        permission=PEOPLE,
        order=40,
        applies=_is_other_and_active,
        classes="btn-outline-danger",
    ),
    Action(
        name="activate",
        label=gettext_lazy("Switch on again…"),
        icon="user-check",
        url=at("console:activate_user"),
        permission=PEOPLE,
        order=50,
        applies=lambda person, user: person.pk != user.pk and not person.is_active,
        confirm=lambda person: (
            _("%(name)s may sign in again, with the password and role of before.") % {"name": person.name}
        ),
        confirm_label=gettext_lazy("Switch on again"),
        confirm_classes="btn-primary",
    ),
)

KEY_PAGE = RecordPage(url_name="console:key", permission=KEYS, load=find_key, name_of=lambda key: key.name)
KEY_ACTIONS = (
    Action(
        name="end_old_secret",
        label=gettext_lazy("End the old secret…"),
        icon="key-off",
        url=at("console:end_old_secret"),
        permission=KEYS,
        order=10,
        applies=_has_two_secrets,
        confirm=lambda _key: _("Whatever still works with the old secret is refused at once."),
        confirm_label=gettext_lazy("End the old secret"),
    ),
    Action(
        name="rotate",
        label=gettext_lazy("Give it a new secret"),
        icon="refresh",
        url=at("console:rotate_key"),
        permission=KEYS,
        order=20,
        applies=lambda key, user: _works(key, user) and not _has_two_secrets(key, user),
    ),
    Action(
        name="restrict",
        label=gettext_lazy("Networks"),
        icon="network",
        url=at("console:restrict_key"),
        permission=KEYS,
        order=30,
        applies=_works,
    ),
    Action(
        name="limit",
        label=gettext_lazy("Request limit"),
        icon="gauge",
        url=at("console:limit_key"),
        permission=KEYS,
        order=40,
        applies=_works,
    ),
    Action(
        name="revoke",
        label=gettext_lazy("Revoke…"),
        icon="key-off",
        url=at("console:revoke_key"),
        permission=KEYS,
        order=50,
        applies=_works,
        confirm=lambda key: (
            _("Whatever works with “%(name)s” is refused at once, and the key cannot be brought back.")
            % {"name": key.name}
        ),
        confirm_label=gettext_lazy("Revoke"),
        classes="btn-outline-danger",
    ),
)

JOB_PAGE = RecordPage(url_name="console:job", permission=EVERY_USER, load=find_job, name_of=lambda job: job.title or "")
JOB_ACTIONS = (
    Action(
        name="download",
        label=gettext_lazy("Download"),
        icon="download",
        url=at("console:job_file"),
        applies=lambda job, _user: has_file(job),
        is_in_header=False,
    ),
    Action(
        name="cancel",
        label=gettext_lazy("Cancel"),
        icon="player-stop",
        url=at("console:job", "#cancel"),
        applies=lambda job, _user: job.is_unfinished and not job.is_cancel_requested,
        is_in_header=False,
    ),
    Action(
        name="again",
        label=gettext_lazy("Run again"),
        icon="refresh",
        url=at("console:job", "#again"),
        applies=lambda job, _user: not job.is_unfinished and kind_of(job).may_repeat(job),
        is_in_header=False,
    ),
)

PAGES = ((PERSON_PAGE, PERSON_ACTIONS), (KEY_PAGE, KEY_ACTIONS), (JOB_PAGE, JOB_ACTIONS))
