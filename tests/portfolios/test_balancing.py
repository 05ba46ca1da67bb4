"""Proposals, by examples and by what must hold of all of them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.balancing import Held, Move, Person, Reason, assign, rebalance
from portfolios.loads import Load, Shift, load_changes
from portfolios.staffing import Server, staffing

TIERS = ("vip", "mid", "low")
WEIGHTS = {"vip": 25, "mid": 10, "low": 1}
START = datetime(2026, 1, 1, tzinfo=UTC)
EVERY = frozenset(TIERS)


def number(value):
    return UUID(int=value)


def person(value, capacity, *, takes=EVERY, load=0):
    return Person(number(value), capacity, frozenset(takes), load)


def held(value, tier="low", *, manager=None, day=0):
    owner = None if manager is None else number(manager)
    return Held(number(value), tier, WEIGHTS[tier], owner, START + timedelta(days=day))


def of(*customers, capacities):
    """Return the customers, and people with these capacities whose load is what they hold."""
    people = [
        person(value, capacity, load=sum(each.weight for each in customers if each.manager == number(value)))
        for value, capacity in capacities.items()
    ]
    return list(customers), people


def moved(plan):
    return [(move.customer.int, move.giver and move.giver.int, move.taker.int) for move in plan.moves]


def test_nothing_moves_where_everybody_is_within_capacity():
    customers, people = of(held(10, "vip", manager=1), held(11, "low", manager=2), capacities={1: 25, 2: 1})

    assert rebalance(customers, people).moves == []


def test_one_that_is_enough_goes_and_no_more():
    customers, people = of(
        *(held(value, "low", manager=1) for value in range(10, 18)),
        held(20, "mid", manager=1),
        held(21, "mid", manager=1),
        capacities={1: 19, 2: 50},
    )

    assert moved(rebalance(customers, people)) == [(20, 1, 2)]


def test_the_last_one_is_as_small_as_will_do():
    customers, people = of(
        held(10, "mid", manager=1), held(11, "mid", manager=1), held(12, manager=1), capacities={1: 10, 2: 50}
    )

    plan = rebalance(customers, people)

    assert moved(plan) == [(10, 1, 2), (12, 1, 2)]


def test_vips_stay_where_others_are_enough():
    customers, people = of(
        held(10, "vip", manager=1), held(11, "mid", manager=1), held(12, "mid", manager=1), capacities={1: 25, 2: 50}
    )

    assert [each[0] for each in moved(rebalance(customers, people))] == [11, 12]


def test_vips_move_where_nothing_else_helps_and_others_stay_then():
    customers, people = of(
        held(10, "vip", manager=1), held(11, "mid", manager=1), held(12, "mid", manager=1), capacities={1: 24, 2: 50}
    )
    only_mid = [person(1, 24, load=45), person(2, 50, takes={"mid", "low"})]

    assert [each[0] for each in moved(rebalance(customers, people))] == [10]
    plan = rebalance(customers, only_mid)
    assert ([each[0] for each in moved(plan)], plan.still_over) == ([11, 12], {number(1): 1})


def test_who_came_last_goes_first():
    customers, people = of(
        held(10, manager=1, day=5), held(11, manager=1, day=9), held(12, manager=1, day=1), capacities={1: 2, 2: 9}
    )

    assert moved(rebalance(customers, people)) == [(11, 1, 2)]


def test_unassigned_go_to_who_has_most_room():
    people = [person(1, 60), person(2, 50), person(3, 900, takes={"low"})]
    customers = [held(value, "vip") for value in (10, 11, 12, 13, 14)]

    plan = assign(customers, people)

    assert moved(plan) == [(10, None, 1), (11, None, 2), (12, None, 1), (13, None, 2)]
    assert plan.left == {number(14): Reason.NO_ROOM}
    assert assign(customers[:1], [people[2]]).left == {number(10): Reason.NOBODY_SERVES}


tiers = st.sampled_from(TIERS)
worlds = st.fixed_dictionaries(
    {
        "people": st.lists(st.tuples(st.integers(0, 80), st.sets(tiers)), min_size=1, max_size=5),
        "customers": st.lists(st.tuples(tiers, st.integers(0, 4), st.integers(0, 30)), max_size=25),
    }
)


def made(world):
    owned = [
        held(100 + place, tier, manager=1 + owner % len(world["people"]), day=day)
        for place, (tier, owner, day) in enumerate(world["customers"])
    ]
    people = [
        person(
            1 + place,
            capacity,
            takes=takes,
            load=sum(each.weight for each in owned if each.manager == number(1 + place)),
        )
        for place, (capacity, takes) in enumerate(world["people"])
    ]
    return owned, people


def loads_after(people, moves: list[Move]):
    loads = {each.id: each.load for each in people}
    for move in moves:
        loads[move.taker] += move.weight
        if move.giver is not None:
            loads[move.giver] -= move.weight
    return loads


@settings(max_examples=300, deadline=None)
@given(worlds)
def test_nobody_gets_too_much_or_what_they_do_not_serve(world):
    owned, people = made(world)
    there = {each.id: each for each in people}

    plan = rebalance(owned, people)

    after = loads_after(people, plan.moves)
    for move in plan.moves:
        assert move.tier in there[move.taker].takes
        assert there[move.giver].load > there[move.giver].capacity
        assert after[move.taker] <= there[move.taker].capacity
    for each in people:
        if each.load <= each.capacity:
            assert after[each.id] <= each.capacity
    over = {each.id: after[each.id] - each.capacity for each in people if after[each.id] > each.capacity}
    assert plan.still_over == over
    assert len({move.customer for move in plan.moves}) == len(plan.moves)


@settings(max_examples=200, deadline=None)
@given(worlds, st.randoms(use_true_random=False))
def test_the_order_of_what_is_given_does_not_matter(world, chance):
    owned, people = made(world)
    expected = rebalance(owned, people)

    chance.shuffle(owned)
    chance.shuffle(people)

    assert rebalance(owned, people) == expected


@settings(max_examples=200, deadline=None)
@given(worlds)
def test_who_stays_above_has_nothing_that_anybody_could_take(world):
    owned, people = made(world)

    plan = rebalance(owned, people)

    after, gone = loads_after(people, plan.moves), {move.customer for move in plan.moves}
    for each in owned:
        if each.id in gone or each.manager not in plan.still_over:
            continue
        able = [
            one
            for one in people
            if one.id != each.manager and each.tier in one.takes and one.capacity - after[one.id] >= each.weight
        ]
        assert able == []


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=2, max_size=5))
def test_of_equal_customers_as_few_move_as_can(sizes):
    customers, people = [], []
    for place, (count, capacity) in enumerate(sizes, start=1):
        customers += [held(1000 * place + each, manager=place) for each in range(count)]
        people.append(person(place, capacity, load=count))
    too_many = sum(max(0, count - capacity) for count, capacity in sizes)
    room = sum(max(0, capacity - count) for count, capacity in sizes)

    plan = rebalance(customers, people)

    assert len(plan.moves) == min(too_many, room)
    assert sum(plan.still_over.values()) == max(0, too_many - room)


def test_people_by_tier_before_and_after():
    needs = staffing(
        {"vip": 40, "mid": 100, "low": 999, "none": 0},
        {"vip": 25, "mid": 10, "low": 1, "none": 1},
        served={"mid": 10, "low": 200},
        people=[Server(500, {"vip", "mid"}), Server(1500, {"mid"}), Server(0, {"vip", "low"})],
        assumed=1000,
        share_percent=50,
    )

    assert [(need.tier, need.served, need.moved, need.before, need.now, need.after) for need in needs] == [
        ("vip", 0, 0, 2.0, 2.0, 2.0),
        ("mid", 10, 0, 1.0, 0.9, 0.9),
        ("low", 200, 399, 1.0, 0.8, 0.4),
        ("none", 0, 0, 0.0, 0.0, 0.0),
    ]
    assert [(need.servers, need.capacity) for need in needs] == [(1, 500), (2, 1000), (0, 1000), (0, 1000)]


def test_loads_before_and_after():
    one, two, three = (number(value) for value in (1, 2, 3))
    before = {one: Load(3, 45, 20), two: Load(0, 0, 30), three: Load(1, 1, 1)}

    changes = load_changes(before, [Shift(one, two, 25), Shift(None, two, 1)])

    assert [(each.person, each.before, each.after) for each in changes] == [
        (one, Load(3, 45, 20), Load(2, 20, 20)),
        (two, Load(0, 0, 30), Load(2, 26, 30)),
    ]
    assert [(each.before.percent, each.before.is_over, each.after.is_over) for each in changes] == [
        (225, True, False),
        (0, False, False),
    ]
