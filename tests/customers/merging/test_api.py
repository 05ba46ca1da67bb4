"""Partners merge customers that are the same, as the pages do."""

import pytest

from core.audit.models import AuditEvent
from customers.models import Customer, CustomerMerge
from tests.customers.merging.pairs import hanging
from tests.factories.partners import Partner, check_described


@pytest.fixture
def partner(tenant):
    return Partner()


def pair(kept, absorbed, **more):
    return {"kept_id": str(kept.pk), "absorbed_id": str(absorbed.pk), **more}


def versions(kept, absorbed):
    return {"kept_version": kept.version, "absorbed_version": absorbed.version}


def test_plan_says_what_would_move_and_changes_nothing(partner, kept, absorbed):
    absorbed.birthday, absorbed.tier = "1990-02-03", "vip"
    absorbed.save(update_fields=["birthday", "tier"])
    before = hanging(kept)

    answer = partner.send("post", "/merges/plan", pair(kept, absorbed))

    assert answer.status_code == 200
    check_described("/merges/plan", answer.json(), method="post", status=200)
    plan = answer.json()
    assert {name: plan[name] for name in versions(kept, absorbed)} == versions(kept, absorbed)
    facts = {fact["name"]: fact for fact in plan["facts"]}
    assert facts["region"] == {"name": "region", "is_personal": False, "kept": "Liverpool", "absorbed": None}
    assert facts["birthday"] == {"name": "birthday", "is_personal": True, "kept": None, "absorbed": None}
    assert plan["takes"] == [{"name": "tier", "is_personal": False, "kept": "mid", "absorbed": "vip"}]
    moves = {each["what"]: each["count"] for each in plan["moves"]}
    assert (moves["Contacts"], moves["Addresses"], moves["Shipments"]) == (1, 1, 3)
    assert plan["clashes"] == []
    assert hanging(kept) == before
    assert not CustomerMerge.objects.exists()


def test_merge_and_undo_leave_both_as_they_were(partner, kept, absorbed):
    before = (hanging(kept), hanging(absorbed))

    merged = partner.send("post", "/merges", pair(kept, absorbed, **versions(kept, absorbed), take=["industry"]))

    assert merged.status_code == 201, merged.content
    check_described("/merges", merged.json(), method="post", status=201)
    merge = CustomerMerge.objects.get()
    assert merged.headers["Location"] == f"/api/v1/merges/{merge.pk}"
    assert (merged.json()["kept_number"], merged.json()["absorbed_number"]) == ("K-1", "A-1")
    assert merged.json()["undoable_until"] is not None
    assert Customer.objects.get().industry == "Food"
    assert len(hanging(kept)["shipments"]) == 5
    assert AuditEvent.objects.get(action="customer.merged").actor_id == partner.key.pk

    undone = partner.send("post", f"/merges/{merge.pk}/undo")

    assert undone.status_code == 200
    assert (undone.json()["undoable_until"], undone.json()["undone_at"] is None) == (None, False)
    assert (hanging(kept), hanging(absorbed)) == before
    assert Customer.objects.get(pk=kept.pk).industry == ""


def test_undo_twice_is_refused(partner, kept, absorbed):
    partner.send("post", "/merges", pair(kept, absorbed, **versions(kept, absorbed)))
    path = f"/merges/{CustomerMerge.objects.get().pk}/undo"
    partner.send("post", path)

    answer = partner.send("post", path)

    assert (answer.status_code, answer.json()["code"]) == (409, "merge_undone")


def test_merge_of_what_changed_meanwhile_changes_nothing(partner, kept, absorbed):
    seen = versions(kept, absorbed)
    partner.send("patch", f"/customers/{kept.pk}", {"region": "Bonn"}, If_Match="*")

    answer = partner.send("post", "/merges", pair(kept, absorbed, **seen))

    assert (answer.status_code, answer.json()["code"]) == (409, "merge_changed")
    assert not CustomerMerge.objects.exists()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"take": ["shoe_size"]}, ("#/take", "no_such_fact")),
        ({"absorbed_id": "0199b5f0-7c1e-7a52-9d3b-5f1c2e8a4b60"}, ("#/absorbed_id", "does_not_exist")),
        ({"absorbed_version": 0}, ("#/absorbed_version", "min_value")),
        ({"absorbed_id": "itself"}, ("#/absorbed_id", "merge_with_itself")),
    ],
)
def test_merge_that_cannot_be_names_the_field(partner, kept, absorbed, change, fault):
    if change.get("absorbed_id") == "itself":
        change = {"absorbed_id": str(kept.pk)}

    answer = partner.send("post", "/merges", {**pair(kept, absorbed, **versions(kept, absorbed)), **change})

    assert answer.status_code == 400, answer.content
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [fault]
    assert not CustomerMerge.objects.exists()


def test_key_without_the_scope_may_neither_merge_nor_undo(partner, kept, absorbed):
    partner.send("post", "/merges", pair(kept, absorbed, **versions(kept, absorbed)))
    merge = CustomerMerge.objects.get()
    reader = Partner(name="Reader", allowed=["customers:read", "customers:write"])

    assert reader.send("post", f"/merges/{merge.pk}/undo").status_code == 403
    assert reader.send("post", "/merges", pair(kept, absorbed, **versions(kept, absorbed))).status_code == 403
    assert reader.get(f"/merges/{merge.pk}").status_code == 200
    merge.refresh_from_db()
    assert merge.undone_at is None


def test_another_account_manager_needs_a_key_that_may_assign(partner, kept, absorbed, account_manager):
    Customer.objects.filter(pk=absorbed.pk).update(account_manager=account_manager)
    body = pair(kept, absorbed, **versions(kept, absorbed), take=["account_manager"])
    few = Partner(name="Few", allowed=["customers:read", "merges:write"])

    refused = few.send("post", "/merges", body)

    assert (refused.status_code, refused.json()["code"]) == (403, "may_not_assign")
    assert refused.json()["errors"][0]["pointer"] == "#/take"
    assert not CustomerMerge.objects.exists()
    assert partner.send("post", "/merges", body).status_code == 201
    assert Customer.objects.get().account_manager == account_manager
