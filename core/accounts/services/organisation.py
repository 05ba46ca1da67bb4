from datetime import datetime
from typing import TypeVar

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.accounts import charges
from core.accounts.models import Department, Invitation, Team, User
from core.accounts.services.uniqueness import refused_as
from core.audit.services import record
from core.tenancy.errors import DomainError

Row = TypeVar("Row", Department, Team)


class DepartmentNameTaken(DomainError):
    code = "department_name_taken"
    message = _("There is a department of this name already.")


class TeamNameTaken(DomainError):
    code = "team_name_taken"
    message = _("There is a team of this name already.")


class DepartmentClosed(DomainError):
    code = "department_closed"
    message = _("This department is closed.")


class TeamClosed(DomainError):
    code = "team_closed"
    message = _("This team is closed.")


class TeamInCharge(DomainError):
    code = "team_in_charge"


@transaction.atomic
def create_department(*, name: str, by: User | None, at: datetime) -> Department:
    """Add a department. Raises DepartmentNameTaken."""
    with refused_as(DepartmentNameTaken):
        department = Department.objects.create(name=name)
    record("department.created", subject=department, by=by, at=at, details={"name": name})
    return department


@transaction.atomic
def update_department(*, department: Department, name: str, by: User, at: datetime) -> Department:
    """Give a department another name. Raises DepartmentClosed or DepartmentNameTaken."""
    department = _hold_open(department, refusal=DepartmentClosed)
    department.name = name
    with refused_as(DepartmentNameTaken):
        department.save(update_fields=["name"])
    record("department.updated", subject=department, by=by, at=at)
    return department


@transaction.atomic
def close_department(*, department: Department, to: Department | None, by: User, at: datetime) -> Department:
    """Close a department; its teams, its people and those who are invited to it go to another one, or to none.

    Raises DepartmentClosed for either.
    """
    department = _hold_open(department, to, refusal=DepartmentClosed)
    if to is not None and to.pk == department.pk:
        raise DepartmentClosed
    for team in _held(Team.objects.filter(department=department, closed_at=None)):
        team.department = to
        team.save(update_fields=["department"])
        record("team.updated", subject=team, by=by, at=at)
    _move_people(User.objects.filter(department=department), "department", to, by, at)
    Invitation.objects.filter(department=department).update(department=to)
    department.closed_at = at
    department.save(update_fields=["closed_at"])
    record("department.closed", subject=department, by=by, at=at)
    return department


@transaction.atomic
def create_team(*, name: str, department: Department | None = None, by: User | None, at: datetime) -> Team:
    """Add a team. Raises TeamNameTaken."""
    with refused_as(TeamNameTaken):
        team = Team.objects.create(name=name, department=department)
    record("team.created", subject=team, by=by, at=at, details={"name": name})
    return team


@transaction.atomic
def update_team(*, team: Team, name: str, department: Department | None, by: User, at: datetime) -> Team:
    """Give a team another name, or another department; those of its people who were in the old one go along.

    Raises TeamClosed or TeamNameTaken.
    """
    team = _hold_open(team, refusal=TeamClosed)
    old = team.department_id
    team.name = name
    team.department = department
    with refused_as(TeamNameTaken):
        team.save(update_fields=["name", "department"])
    record("team.updated", subject=team, by=by, at=at)
    if team.department_id != old:
        _move_people(User.objects.filter(team=team, department=old), "department", department, by, at)
        Invitation.objects.filter(team=team, department=old).update(department=department)
    return team


@transaction.atomic
def close_team(*, team: Team, to: Team | None, by: User, at: datetime) -> Team:
    """Close a team; its people, those who are invited to it and what it is in charge of go to another one, or to none.

    Departments stay as they are. Raises TeamClosed for either, or TeamInCharge where what it is in charge of would be
    nobody's.
    """
    team = _hold_open(team, to, refusal=TeamClosed)
    if to is not None and to.pk == team.pk:
        raise TeamClosed
    moved = charges.charges_of(team)
    if moved and to is None:
        raise TeamInCharge(
            _("This team is still in charge of: %(charges)s. Choose the team that takes over.")
            % {"charges": charges.in_words(moved)}
        )
    for charge, _count in moved:
        charge.move(rows=charge.rows(team), to=to, by=by, at=at)
    _move_people(User.objects.filter(team=team), "team", to, by, at)
    Invitation.objects.filter(team=team).update(team=to)
    team.closed_at = at
    team.save(update_fields=["closed_at"])
    details = {charge.name: count for charge, count in moved}
    record("team.closed", subject=team, by=by, at=at, details=details)
    return team


def _hold_open(first: Row, *others: Row | None, refusal: type[DomainError]) -> Row:
    """Return the first row, held together with the others; raise the refusal where one is closed.

    Others may still point to them meanwhile, as who sets the teams of tiers does, for whom a closing team waits.
    """
    wanted = {first.pk, *(other.pk for other in others if other is not None)}
    found = {row.pk: row for row in _held(type(first).objects.open().filter(pk__in=wanted), no_key=True)}
    if set(found) != wanted:
        raise refusal
    return found[first.pk]


def _held(rows: QuerySet, *, no_key: bool = False) -> QuerySet:
    return rows.select_for_update(of=("self",), no_key=no_key).order_by("pk")


def _move_people(people: QuerySet[User], field: str, to: Department | Team | None, by: User, at: datetime) -> None:
    for person in _held(people):
        setattr(person, field, to)
        person.save(update_fields=[field])
        record("user.updated", subject=person, by=by, at=at)
