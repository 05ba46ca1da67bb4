"""What customers of a demo courier wished for lately: done, declined, waiting, under way, and overdue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.accounts.enums import Role
from core.accounts.models import Department, User
from core.tenancy.clock import day_start
from courier_crm.demo.couriers import Courier
from customers.models import Customer
from service_requests.enums import RequestState, WaitsFor
from service_requests.models import ServiceRequest
from service_requests.services import close_request, open_request, take_request, wait_with_request
from shipments.models import Shipment

# What is opened so late in the day is taken an hour after.
AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Wish:
    """So many days ago, at this local hour, of the nth best customer; `came_of_it` is empty until it is closed."""

    days_ago: int
    hour: int
    customer: int
    kind: str
    state: str
    text: str
    came_of_it: str = ""


DONE, DECLINED, WAITING = RequestState.DONE, RequestState.DECLINED, RequestState.WAITING
IN_PROGRESS, OPEN = RequestState.IN_PROGRESS, RequestState.OPEN
WISHES: Mapping[str, Sequence[Wish]] = {
    "zh-hans": (
        Wish(9, 10, 0, "chase", DONE, "快件停在中转场两天没有更新，请核实位置。", "已联系中转场，当晚发出，次日签收。"),
        Wish(8, 14, 3, "invoice", DONE, "开具上月运费专用发票，抬头与合同一致。", "已开具并寄出。"),
        Wish(7, 11, 1, "redirect", DONE, "收件人出差，改派到公司前台。", "已通知派送网点改派，前台签收。"),
        Wish(6, 16, 5, "return", DECLINED, "要求拦截退回。", "快件已在客户申请前签收，无法拦截。"),
        Wish(5, 9, 2, "certificate", DONE, "需要签收证明，用于对账。", "已出具签收底单。"),
        Wish(4, 15, 4, "exchange", WAITING, "收件人要换尺码，请上门取旧送新。"),
        Wish(3, 10, 0, "chase", OPEN, "两票快件都超过承诺时间，请今天给答复。"),
        Wish(2, 9, 6, "invoice", IN_PROGRESS, "十月发票税号有误，请作废重开。"),
        Wish(2, 13, 1, "booking", DONE, "明早九点前上门取三十件。", "已安排专车，八点四十到达。"),
        Wish(1, 15, 2, "redirect", IN_PROGRESS, "改到周六派送。"),
        Wish(1, 16, 7, "return", OPEN, "客户取消订单，请退回发件仓库。"),
        Wish(1, 17, 3, "booking", OPEN, "下周一起每天多一班晚间揽收。"),
    ),
    "en": (
        Wish(9, 10, 0, "chase", DONE, "No scan for two days. Where is it?", "Sent on that night, delivered next day."),
        Wish(8, 14, 3, "invoice", DONE, "One invoice for last month, to head office.", "Issued and sent."),
        Wish(7, 11, 1, "redirect", DONE, "Recipient away: deliver to reception.", "Outlet told; reception signed."),
        Wish(6, 16, 5, "return", DECLINED, "Please intercept it.", "It was delivered before they asked."),
        Wish(5, 9, 2, "certificate", DONE, "Proof of delivery for their accounts.", "Sent with the signature."),
        Wish(4, 15, 4, "exchange", WAITING, "Wrong size: collect the old one and hand over the new."),
        Wish(3, 10, 0, "chase", OPEN, "Two parcels are later than promised. They want an answer today."),
        Wish(2, 9, 6, "invoice", IN_PROGRESS, "The VAT number on the October invoice is wrong."),
        Wish(2, 13, 1, "booking", DONE, "Thirty parcels tomorrow before nine.", "A van of its own came at twenty to."),
        Wish(1, 15, 2, "redirect", IN_PROGRESS, "Deliver on Saturday instead."),
        Wish(1, 16, 7, "return", OPEN, "The order was cancelled: back to the warehouse."),
        Wish(1, 17, 3, "booking", OPEN, "An evening pickup every day from Monday on."),
    ),
}


def make_wishes(courier: Courier, people: Mapping[Role, User], *, today: date) -> None:
    """Open the wishes of the best customers' newest shipments, and have them worked on."""
    customers = list(Customer.objects.exclude(shipment_count=0).order_by("-contribution", "number")[:8])
    desk = Department.objects.get(name=courier.departments[0])
    for wish in WISHES[courier.language]:
        start = day_start(today - timedelta(days=wish.days_ago), courier.time_zone) + timedelta(hours=wish.hour)
        customer = customers[wish.customer % len(customers)]
        _make(wish, customer, desk, by=people[Role.AGENT], at=start)


def _make(wish: Wish, customer: Customer, desk: Department, *, by: User, at: datetime) -> ServiceRequest:
    sent = Shipment.objects.filter(customer=customer, accepted_at__lt=at).order_by("-accepted_at", "-id")
    about_one = wish.kind in {"chase", "redirect", "return", "certificate", "exchange"}
    request = open_request(
        customer=customer,
        kind=wish.kind,
        text=wish.text,
        shipment=sent.first() if about_one else None,
        # What nobody has looked at yet waits in the team that serves the tier.
        department=None if wish.state == OPEN else desk,
        by=by,
        at=at,
    )
    if wish.state == OPEN:
        return request
    request = take_request(request=request, by=by, at=at + AN_HOUR)
    if wish.state == WAITING:
        return wait_with_request(request=request, waits_for=WaitsFor.CUSTOMER, by=by, at=at + AN_HOUR)
    if wish.state in {DONE, DECLINED}:
        return close_request(
            request=request, state=wish.state, outcome=wish.came_of_it, by=by, at=at + AN_HOUR + AN_HOUR / 2
        )
    return request
