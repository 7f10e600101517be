"""passerelle/local/variants.py: which models are measured, and with which each is compared."""

from typing import Any

from passerelle.local import variants
from passerelle.local.variants import Variant
from passerelle.manifest.model import Accept, Model


def make_model(model_id: str, **fields: Any) -> Model:
    base: dict[str, Any] = {"architecture": "nets:Net", "weights": "random", "timeout": 1.0}
    return Model(id=model_id, title=model_id, service=model_id, **base | fields)


def ids(variants: list[Variant]) -> list[tuple[str, str]]:
    return [(each.model.id, each.reference.id) for each in variants]


def test_variants_of_one_network_come_after_its_fp32_model() -> None:
    models = (
        make_model("a-int8", precision="int8"),
        make_model("b", arguments=[2]),
        make_model("a"),
    )
    assert ids(variants.find(models, ())) == [("a", "a"), ("a-int8", "a"), ("b", "b")]
    assert ids(variants.find(models, ["a-int8"])) == [("a", "a"), ("a-int8", "a")]
    assert ids(variants.find(models, ["b"])) == [("b", "b")]


def test_a_network_without_an_fp32_model_gets_one_for_the_comparison() -> None:
    lower = make_model("a", precision="int8", accept=Accept(agreement=0.5), calibration="/p")
    made, variant = variants.find((lower,), ())
    assert ids([made, variant]) == [("a-fp32", "a-fp32"), ("a", "a-fp32")]
    assert made.is_reference
    assert not variant.is_reference
    assert (made.model.precision, made.model.accept, made.model.calibration) == ("fp32", None, None)
