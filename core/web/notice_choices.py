"""How each member of staff has notices by mail: kind by kind, at once or once a day."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from core.accounts.models import User
from core.audit.services import record
from core.tenancy.scope import required_tenant_id
from core.web.enums import HowTold
from core.web.models import NoticeChoice


def choices_of(user: User) -> dict[str, str]:
    """Return what somebody chose other than the page, by the kind."""
    return dict(NoticeChoice.objects.filter(user=user).values_list("kind", "how"))


@transaction.atomic
def choose(*, user: User, chosen: Mapping[str, str], at: datetime) -> None:
    """Keep how somebody wants to be told of each named kind; what came before is not mailed afterwards."""
    before = choices_of(user)
    changed = [kind for kind, how in chosen.items() if before.get(kind, HowTold.PAGE) != how]
    if changed:
        record("user.notices_chosen", of=user, by=user, at=at, details={"changed": changed})
    for kind, how in chosen.items():
        if HowTold(how) == HowTold.PAGE:
            NoticeChoice.objects.filter(user=user, kind=kind).delete()
        elif before.get(kind) != how:
            NoticeChoice.objects.update_or_create(
                tenant_id=required_tenant_id(), user=user, kind=kind, defaults={"how": how, "changed_at": at}
            )
