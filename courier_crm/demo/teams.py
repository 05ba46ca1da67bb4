"""Who serves whom at a demo courier: a team for those that matter most, one for all others, and some themselves."""

from datetime import date, timedelta

from core.accounts.enums import Role
from core.accounts.models import User
from core.accounts.services import create_team, update_user
from core.tenancy.clock import day_start
from courier_crm.demo.couriers import Courier
from customers.enums import SelfService, Tier
from customers.models import Customer
from customers.services import note_self_service
from tiering.querysets import serving
from tiering.services import mark_of, set_tier_teams

OFFERED = 40
ANSWERS = (SelfService.ACCEPTED, None, SelfService.ACCEPTED, SelfService.DECLINED)
TEAMS = {"zh-hans": ("重点客户组", "大众服务组"), "en": ("Key account desk", "Service desk")}


def make_teams(courier: Courier, people: dict[Role, User], *, today: date) -> None:
    """Sort who works with customers into two teams, the first of which serves VIP and mid customers."""
    at, boss = day_start(today, courier.time_zone) - timedelta(days=30), people[Role.ADMINISTRATOR]
    for name, role in zip(TEAMS[courier.language], (Role.ACCOUNT_MANAGER, Role.AGENT), strict=True):
        person = people[role]
        team = create_team(name=name, department=person.department, by=boss, at=at)
        facts = ("email", "name", "role", "language", "time_zone", "department")
        kept = {fact: getattr(person, fact) for fact in facts}
        people[role] = update_user(user=person, **kept, team=team, by=boss, at=at)
    key = people[Role.ACCOUNT_MANAGER].team
    teams = {Tier.VIP: [key], Tier.MID: [key]}
    set_tier_teams(teams=teams, seen=mark_of(serving()), by=people[Role.SUPERVISOR], at=at)


def note_answers(people: dict[Role, User], *, today: date, zone: str) -> None:
    """Have self-service offered to customers of the low tier: some serve themselves by now, some would rather not."""
    at = day_start(today, zone) - timedelta(days=14)
    low = Customer.objects.filter(tier=Tier.LOW).order_by("-contribution", "number")[:OFFERED]
    for place, customer in enumerate(low):
        note_self_service(customer=customer, answer=SelfService.OFFERED, by=people[Role.AGENT], at=at)
        if answer := ANSWERS[place % len(ANSWERS)]:
            then = at + timedelta(days=1 + place % 12)
            note_self_service(customer=customer, answer=answer, by=people[Role.AGENT], at=then)
