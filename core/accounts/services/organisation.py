from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.accounts.models import Department, Team, User
from core.accounts.services.uniqueness import refused_as
from core.audit.services import record
from core.tenancy.errors import DomainError


class DepartmentNameTaken(DomainError):
    code = "department_name_taken"
    message = _("There is a department of this name already.")


class TeamNameTaken(DomainError):
    code = "team_name_taken"
    message = _("There is a team of this name already.")


@transaction.atomic
def create_department(*, name: str, by: User | None, at: datetime) -> Department:
    """Add a department. Raises DepartmentNameTaken."""
    with refused_as(DepartmentNameTaken):
        department = Department.objects.create(name=name)
    record("department.created", subject=department, by=by, at=at, details={"name": name})
    return department


@transaction.atomic
def create_team(*, name: str, department: Department | None = None, by: User | None, at: datetime) -> Team:
    """Add a team. Raises TeamNameTaken."""
    with refused_as(TeamNameTaken):
        team = Team.objects.create(name=name, department=department)
    record("team.created", subject=team, by=by, at=at, details={"name": name})
    return team
