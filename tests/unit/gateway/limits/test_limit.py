"""A limit and how it stands."""

from gateway.limits.limit import Limit


def test_what_is_used_of_a_quota_stays_used_when_the_quota_changes() -> None:
    before = Limit("caller-quota", "key:1", "quota", 100, 3600)
    assert before.key == before._replace(amount=200).key
    others = before._replace(subject="key:2"), before._replace(seconds=86_400)
    assert before.key not in {each.key for each in others}


def test_a_bucket_of_another_size_is_another_bucket() -> None:
    before = Limit("caller-rate", "key:1", "rate", 100, 60)
    assert before.key != before._replace(amount=200).key
