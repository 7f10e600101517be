"""A limit on the bytes of all bodies together."""

from passerelle.server.byte_budget import ByteBudget


def test_what_is_taken_is_left_to_nobody_else_until_it_is_given_back() -> None:
    budget = ByteBudget(100)
    budget.take(30)
    budget.take(50)
    assert budget.left == 20
    budget.give_back(30)
    assert budget.left == 50


def test_a_load_is_over_once_when_nothing_is_held_any_more() -> None:
    budget = ByteBudget(100)
    assert not budget.is_over(50)
    budget.take(60)
    assert not budget.is_over(50)
    budget.give_back(60)
    assert budget.is_over(50)
    assert not budget.is_over(50)


def test_a_small_load_is_none() -> None:
    budget = ByteBudget(100)
    budget.take(40)
    budget.give_back(40)
    assert not budget.is_over(50)
