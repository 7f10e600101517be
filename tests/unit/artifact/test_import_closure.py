"""Which code of ours decides a bake."""

from passerelle.artifact import import_closure

BAKE = "services.bake.pipeline"


def test_the_bakes_closure_holds_what_it_imports_and_the_packages_around() -> None:
    found = import_closure.modules(BAKE)
    assert {BAKE, "services.bake", "services", "services.bake.convert"} <= found
    assert {"services.model.decode", "services.model.engines.torch"} <= found


def test_no_server_no_gateway_and_no_command_line_decide_a_bake() -> None:
    rooms = {".".join(name.split(".")[:2]) for name in import_closure.modules(BAKE)}
    assert rooms == {
        "passerelle", "passerelle.agreement", "passerelle.artifact", "passerelle.manifest",
        "passerelle.protocol", "services", "services.bake", "services.model",
    }  # fmt: skip


def test_files_are_named_from_the_packages_folder_and_hold_the_data_beside_the_module() -> None:
    found = import_closure.files(BAKE)
    assert found["services/bake/pipeline.py"].is_file()
    assert found["services/bake/__init__.py"].is_file()
    assert "services/bake/pictures/chelsea.png" in found
    assert not [name for name in found if name.endswith(".pyc")]
