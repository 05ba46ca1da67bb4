"""A channel that a customer prefers and said no to: both stand, pages say so, and whoever chooses is told why."""

from django.urls import reverse

from customers.consents.deciding import Standing
from customers.consents.preferring import against_preferred, choose_channel
from customers.models import ContactPoint, Customer
from customers.services import opt_out_point
from tests.customers.consents.said import GIVEN, WITHDRAWN, say


def prefer(customer, channel):
    Customer.objects.filter(pk=customer.pk).update(preferred_channel=channel)
    customer.refresh_from_db()
    return customer


def opt_out_phone(agent, now):
    opt_out_point(point=ContactPoint.objects.select_related("contact").get(kind="phone"), how="web", by=agent, at=now)


def test_nothing_speaks_against_what_may_be_used(customer, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert against_preferred(customer) == ""
    prefer(customer, "sms")
    with django_assert_num_queries(2):
        assert against_preferred(customer) == ""


def test_opted_out_point_and_refused_purposes_are_named(customer, agent, now):
    prefer(customer, "sms")
    say(customer, WITHDRAWN, at=now)
    said = against_preferred(customer)
    opt_out_phone(agent, now)

    assert said == "They prefer this channel, but said no to it for: Offers and news."
    assert against_preferred(customer, sees_consents=False) == against_preferred(customer)
    assert against_preferred(customer) == (
        "They prefer this channel, but: No contact point for this channel may be used any more."
    )
    assert against_preferred(prefer(customer, "wechat")) == (
        "They prefer this channel, but: No contact point for this channel."
    )


def test_consents_are_told_to_who_may_see_them(customer, now):
    prefer(customer, "sms")
    say(customer, WITHDRAWN, at=now)

    assert against_preferred(customer, sees_consents=False) == ""


def test_preferred_channel_is_chosen_or_the_first_that_may_be_used(customer, agent, now):
    prefer(customer, "sms")
    say(customer, GIVEN, channels=["sms", "email"], at=now)

    chosen = choose_channel(Standing(customer), "marketing", at=now)
    assert (chosen.channel, chosen.decision.is_allowed, chosen.against_preferred) == ("sms", True, ())
    opt_out_phone(agent, now)
    chosen = choose_channel(Standing(customer), "marketing", at=now)

    assert (chosen.channel, chosen.decision.reasons, chosen.against_preferred) == (
        "email",
        ("consented",),
        ("point_opted_out",),
    )


def test_no_channel_is_chosen_where_none_may_be_used(customer, now):
    prefer(customer, "sms")

    nothing = choose_channel(Standing(customer), "marketing", at=now)
    unknown = choose_channel(Standing(prefer(customer, "")), "nonsense", at=now)

    assert (nothing.channel, nothing.decision.is_allowed, nothing.against_preferred) == (None, False, ("no_consent",))
    assert (unknown.channel, unknown.decision.reasons, unknown.against_preferred) == (None, ("not_in_use",), ())


def test_pages_say_it(customer, agent, client_for, now):
    prefer(customer, "sms")
    client = client_for(agent)
    page, form = (reverse(f"customers:{name}", args=[customer.pk]) for name in ("detail", "update"))
    words = "No contact point for this channel may be used any more."
    assert all(words not in client.get(url).content.decode() for url in (page, form))

    opt_out_phone(agent, now)

    for url in (page, form, f"{form}?only=preferred_channel"):
        assert f"They prefer this channel, but: {words}" in client.get(url).content.decode()
    panel = client.get(reverse("customers:panel", args=[customer.pk, "consents"])).content.decode()
    assert f"They prefer SMS, but: {words}" in panel


def test_who_chooses_it_is_told(customer, agent, client_for, now):
    opt_out_phone(agent, now)
    client = client_for(agent)
    url = reverse("customers:update", args=[customer.pk]) + "?only=preferred_channel"

    response = client.post(url, {"version": customer.version, "preferred_channel": "phone"}, follow=True)

    assert Customer.objects.get().preferred_channel == "phone"
    assert "They prefer this channel, but: No contact point" in response.content.decode()
