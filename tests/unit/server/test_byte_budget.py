"""A limit on the bytes of all bodies together."""

from passerelle.server.byte_budget import ByteBudget


def test_what_is_taken_is_left_to_nobody_else_until_it_is_given_back() -> None:
    budget = ByteBudget(100)
    budget.take(30)
    budget.take(50)
    assert budget.left == 20
    budget.give_back(30)
    assert budget.left == 50
