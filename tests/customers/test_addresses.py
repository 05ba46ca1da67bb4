"""Addresses: their service and their pages."""

import pytest
from django.urls import reverse

from core.crypto.masking import mask_address
from customers.divisions import PlaceMismatch
from customers.models import Address
from customers.services import AddressChanged, AddressGone, add_address, remove_address, update_address
from tests.factories.accounts import inside
from tests.factories.customers import make_customer

STREET = "12 Harbour Road, Building 5"
LIST_QUERIES = 6
FACTS = {
    "label": "Depot",
    "country": "GB",
    "region": "Kent",
    "city": "Dover",
    "district": "",
    "postal_code": "CT16",
    "is_primary": True,
}


@pytest.fixture
def customer(tenant, now):
    return make_customer(at=now)


@pytest.fixture
def address(customer, now):
    return add_address(customer=customer, street=STREET, **FACTS, at=now)


def stored(address):
    address = Address.objects.get(pk=address.pk)
    return {"street": address.street, **{name: getattr(address, name) for name in FACTS}}


def url_of(address, name="update_address"):
    return reverse(f"customers:{name}", args=[address.customer_id, address.pk])


def test_update_address_keeps_the_street_that_is_left_empty(address, agent, now):
    update_address(address=address, version=1, **{**FACTS, "city": "Deal"}, by=agent, at=now)

    assert stored(address) == {**FACTS, "street": STREET, "city": "Deal"}


def test_update_address_changed_meanwhile_changes_nothing(address, agent, now):
    update_address(address=address, version=1, **FACTS, by=agent, at=now)

    with pytest.raises(AddressChanged):
        update_address(address=address, version=1, **{**FACTS, "city": "Late"}, by=agent, at=now)

    assert stored(address) == {**FACTS, "street": STREET}


def test_update_address_that_is_gone(address, agent, now):
    remove_address(address=Address.objects.get(), by=agent, at=now)

    with pytest.raises(AddressGone):
        update_address(address=address, version=1, **FACTS, by=agent, at=now)

    assert Address.objects.count() == 0


def test_update_address_takes_the_primary_place(customer, address, agent, now):
    second = add_address(customer=customer, street="2 Hill Road", at=now)

    update_address(address=second, version=1, **FACTS, by=agent, at=now)

    assert list(Address.objects.filter(is_primary=True)) == [second]


def test_add_address_from_the_page(client_for, agent, customer):
    data = {"street": STREET, "city": "Dover", "is_primary": "on"}

    response = client_for(agent).post(reverse("customers:create_address", args=[customer.pk]), data)

    assert response.url == reverse("customers:detail", args=[customer.pk])
    address = Address.objects.get()
    assert (address.street, address.city, address.is_primary) == (STREET, "Dover", True)


def test_add_address_without_a_street_is_refused_beside_it(client_for, agent, customer):
    response = client_for(agent).post(reverse("customers:create_address", args=[customer.pk]), {"city": "Dover"})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["street"]
    assert 'value="Dover"' in response.content.decode()
    assert Address.objects.count() == 0


def test_street_alone_is_saved_only_on_purpose(client_for, agent, customer):
    client, url = client_for(agent), reverse("customers:create_address", args=[customer.pk])
    typed = {"street": "科技园路1号", "country": "CN", "label": "仓库"}

    asked = client.post(url, typed)

    body = asked.content.decode()
    assert (asked.status_code, Address.objects.count()) == (422, 0)
    assert "No province, city or district was recognised" in body
    assert ('name="as_it_is"' in body, 'value="科技园路1号"' in body, 'value="仓库"' in body) == (True, True, True)
    assert asked.context["form"]["region"].field.widget.attrs["autofocus"]
    assert client.post(url, {**typed, "country": "GB"}).url == reverse("customers:detail", args=[customer.pk])
    assert client.post(url, {**typed, "as_it_is": "1"}).url == reverse("customers:detail", args=[customer.pk])
    assert list(Address.objects.order_by("pk").values_list("country", "region")) == [("GB", ""), ("CN", "")]


def test_address_that_stands_with_its_street_alone_is_not_asked_about_again(client_for, agent, customer, now):
    address = add_address(customer=customer, street="科技园路1号", country="CN", at=now)
    client, typed = client_for(agent), {"country": "CN", "label": "仓库", "version": "1"}

    assert client.post(url_of(address), typed).status_code == 302
    asked = client.post(url_of(address), {**typed, "street": "科技园路2号", "version": "2"})

    address.refresh_from_db()
    assert (asked.status_code, address.label, address.street) == (422, "仓库", "科技园路1号")


LINE = "广东深圳南山区科技园路1号"
READ = ("CN", "广东省", "深圳市", "南山区", "440305", "科技园路1号")


def place_of(address):
    return (
        address.country,
        address.region,
        address.city,
        address.district,
        address.division_code,
        address.street,
    )


def test_whole_line_from_the_page_is_stored_in_parts(client_for, agent, customer):
    client_for(agent).post(reverse("customers:create_address", args=[customer.pk]), {"street": LINE})

    assert place_of(Address.objects.get()) == READ


def test_page_reads_the_parts_from_a_line_and_saves_nothing(client_for, agent, customer):
    url = reverse("customers:create_address", args=[customer.pk])
    typed = {"street": LINE, "country": "CN", "city": "杭州市", "label": "仓库", "is_primary": "on", "read": "1"}

    response = client_for(agent).post(url, typed)

    body = response.content.decode()
    form = response.context["form"]
    assert response.status_code == 200
    assert [form[name].value() for name in ("country", "region", "city", "district", "street")] == [
        *READ[:4],
        "科技园路1号",
    ]
    assert (form["label"].value(), form["is_primary"].value()) == ("仓库", "on")
    assert '<datalist id="known-district"><option value="罗湖区">' in body
    assert Address.objects.count() == 0


def test_edit_page_reads_a_line_and_keeps_what_it_began_with(client_for, agent, address):
    client = client_for(agent)
    began = client.get(url_of(address)).context["form"].initial["began"]

    form = client.post(url_of(address), {"version": 1, "began": "x", "country": "CN", "street": LINE, "read": "1"})

    assert began
    form = form.context["form"]
    assert (form["version"].value(), form["began"].value(), form["district"].value()) == ("1", "x", "南山区")
    assert stored(address) == {**FACTS, "street": STREET}


def test_divisions_are_offered_in_china_alone(client_for, agent, customer):
    client = client_for(agent)
    url = reverse("customers:create_address", args=[customer.pk])

    at_home = client.get(url).content.decode()
    abroad = client.post(url, {"country": "DE", "region": "广东省", "read": "1"}).content.decode()

    assert '<datalist id="known-region"><option value="北京市">' in at_home
    assert "datalist" not in abroad


@pytest.mark.parametrize(
    ("parts", "errors"),
    [
        ({"region": "广东", "city": "杭州市"}, {"city": ["杭州市 is not in 广东省."]}),
        ({"city": "深圳市", "district": "西湖区"}, {"district": ["西湖区 is not in 深圳市."]}),
        ({"city": "深圳市", "street": "杭州市西湖区文三路1号"}, {"street": ["西湖区 is not in 深圳市."]}),
    ],
)
def test_parts_that_do_not_belong_together_are_refused_beside_the_field(client_for, agent, customer, parts, errors):
    url = reverse("customers:create_address", args=[customer.pk])

    response = client_for(agent).post(url, {"street": "文三路1号", **parts})

    assert response.status_code == 422
    assert response.context["form"].errors == errors
    assert Address.objects.count() == 0


def test_parts_are_stored_by_their_whole_names(customer, now):
    address = add_address(customer=customer, region="广东", city="深圳", street="南山区科技园路1号", at=now)

    assert place_of(address) == READ


def test_development_zone_is_kept_as_the_district(customer, now):
    address = add_address(customer=customer, city="深圳", district="高新区", street="科技园路1号", at=now)

    assert place_of(address) == ("CN", "广东省", "深圳市", "高新区", "440300", "科技园路1号")


def test_address_abroad_is_free(customer, now):
    address = add_address(customer=customer, country="DE", region="广东", city="杭州", street=LINE, at=now)

    assert place_of(address) == ("DE", "广东", "杭州", "", "", LINE)


def test_parts_that_do_not_belong_together_change_nothing(customer, agent, now):
    address = add_address(customer=customer, street=LINE, at=now)
    facts = {"label": "", "country": "", "region": "广东省", "district": "", "postal_code": "", "is_primary": False}

    with pytest.raises(PlaceMismatch):
        update_address(address=address, version=1, city="杭州市", **facts, by=agent, at=now)

    assert place_of(Address.objects.get()) == READ
    update_address(address=Address.objects.get(), version=1, city="广州市", **facts, by=agent, at=now)
    assert place_of(Address.objects.get()) == ("CN", "广东省", "广州市", "", "440100", "科技园路1号")


def test_address_on_the_page_stands_in_the_order_of_the_language(client_for, agent, customer, now):
    add_address(customer=customer, street=LINE, at=now)
    add_address(customer=customer, country="DE", city="Bonn", street="Münsterplatz 1", at=now)
    client = client_for(agent)

    english = client.get(reverse("customers:detail", args=[customer.pk])).content.decode()
    agent.language = "zh-hans"
    agent.save()
    chinese = client.get(reverse("customers:detail", args=[customer.pk])).content.decode()

    assert f"{mask_address('科技园路1号')}, 南山区, 深圳市, 广东省" in english
    assert ", Bonn, Germany" in english
    assert f"广东省 深圳市 南山区 {mask_address('科技园路1号')}" in chinese
    assert "德国 Bonn" in chinese


def test_edit_page_masks_the_street_and_keeps_it(client_for, agent, address):
    client = client_for(agent)

    body = client.get(url_of(address)).content.decode()
    response = client.post(url_of(address), {"version": 1, "city": "Deal"})

    assert 'placeholder="12 Har****"' in body
    assert "Building 5" not in body
    assert response.status_code == 302
    assert (stored(address)["street"], stored(address)["city"]) == (STREET, "Deal")


def test_edit_page_changed_meanwhile_shows_both_versions(client_for, agent, address):
    Address.objects.update(version=2, city="<i>Theirs</i>")

    response = client_for(agent).post(url_of(address), {"version": 1, "city": "Mine", "street": "1 New Road"})

    body = response.content.decode()
    assert response.status_code == 422
    assert 'value="Mine"' in body
    assert "</span>&lt;i&gt;Theirs&lt;/i&gt;" in body
    assert "</span>12 Har****" in body
    assert 'name="seen" value="2"' in body
    assert stored(address)["street"] == STREET


def test_remove_address_says_before_what_goes(client_for, agent, address):
    client = client_for(agent)

    page = client.get(url_of(address)).content.decode()
    response = client.post(url_of(address, "remove_address"))

    assert "is removed; right afterwards you can undo it." in page
    assert "left without a primary address" in page
    assert response.status_code == 302
    assert Address.objects.count() == 0


def test_address_of_another_tenant_is_not_found_and_not_changed(client_for, agent, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        theirs = add_address(customer=make_customer(at=now), street=STREET, **FACTS, at=now)
    client = client_for(agent)

    answers = [
        client.get(reverse("customers:addresses", args=[theirs.customer_id])),
        client.get(reverse("customers:create_address", args=[theirs.customer_id])),
        client.get(url_of(theirs)),
        client.post(url_of(theirs), {"version": 1, "city": "Mine"}),
        client.post(url_of(theirs, "remove_address")),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    with inside(other_tenant, leaving=tenant):
        assert stored(theirs) == {**FACTS, "street": STREET}


@pytest.mark.parametrize("name", ["update_address", "remove_address"])
def test_address_pages_are_refused_to_who_may_only_look(client_for, analyst, address, name):
    response = client_for(analyst).post(url_of(address, name), {"version": 1, "city": "Mine"})

    assert response.status_code == 403
    assert stored(address) == {**FACTS, "street": STREET}


@pytest.mark.parametrize("count", [3, 300])
def test_address_list_asks_the_same_number_of_queries(client_for, agent, customer, count, django_assert_num_queries):
    for _ in range(count):
        add_address(customer=customer, street=STREET, at=customer.created_at)
    client = client_for(agent)
    url = reverse("customers:addresses", args=[customer.pk])
    client.get(url)

    with django_assert_num_queries(LIST_QUERIES):
        response = client.get(url)

    assert len(response.context["rows"]) == min(count, 50)
    assert len(client.get(response.context["list"].more_url or url).context["rows"]) == min(count, 50)
