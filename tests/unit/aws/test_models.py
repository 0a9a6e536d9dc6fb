from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import botocore
import botocore.session
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from toolkit.aws import slim
from toolkit.aws.models import OPERATIONS, SlimLoader, cut, digest


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all cuts."""
    folder = tmp_path_factory.mktemp("models")
    slim.build(folder)
    return folder


@pytest.mark.parametrize("service", sorted(OPERATIONS))
def test_every_operation_that_is_wanted_exists_in_botocore_and_in_the_cut(service: str, built: Path) -> None:
    model = ServiceModel(SlimLoader(built).load_service_model(service, "service-2"), service)
    assert set(model.operation_names) == OPERATIONS[service]


@pytest.mark.parametrize("service", sorted(OPERATIONS))
def test_an_operation_in_the_cut_is_the_one_of_botocore(service: str, built: Path) -> None:
    def shape(model: ServiceModel, operation: str) -> list[list[str]]:
        found = model.operation_model(operation)
        shapes = [found.input_shape, found.output_shape, *found.error_shapes]
        return [sorted(getattr(each, "members", {})) for each in shapes]

    slim_model = ServiceModel(SlimLoader(built).load_service_model(service, "service-2"), service)
    whole = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    assert slim_model.metadata == whole.metadata
    for operation in OPERATIONS[service]:
        assert shape(slim_model, operation) == shape(whole, operation)


def test_a_cut_has_every_shape_that_it_refers_to(built: Path) -> None:
    data = SlimLoader(built).load_service_model("ec2", "service-2")

    def references(node: object) -> set[str]:
        if isinstance(node, dict):
            here = {str(node["shape"])} if isinstance(node.get("shape"), str) else set()
            return here.union(*(references(value) for value in node.values()))
        return set().union(*(references(value) for value in node)) if isinstance(node, list) else set()

    assert references([data["operations"], data["shapes"]]) == set(data["shapes"])


def test_a_cut_is_a_small_part_of_the_whole(built: Path) -> None:
    slim_size = (built / digest() / "ec2.service-2.json").stat().st_size
    whole = len(json.dumps(Loader().load_service_model("ec2", "service-2")))
    assert slim_size * 20 < whole


def test_endpoints_are_the_same_with_the_cut_as_without(built: Path) -> None:
    def urls(session: botocore.session.Session) -> list[str]:
        session.set_credentials("a", "b")
        places = [("ec2", "eu-west-1"), ("dynamodb", "cn-north-1"), ("route53", "eu-west-1"), ("sns", "us-gov-west-1")]
        return [session.create_client(service, region_name=region).meta.endpoint_url for service, region in places]

    slim_session, plain_session = botocore.session.Session(), botocore.session.Session()
    slim_session.register_component("data_loader", SlimLoader(built))
    assert urls(slim_session) == urls(plain_session)


def test_the_first_use_of_a_service_keeps_its_cut_for_the_next(tmp_path: Path) -> None:
    first = SlimLoader(tmp_path).load_service_model("sns", "service-2")
    kept = tmp_path / digest() / "sns.service-2.json"
    assert json.loads(kept.read_text()) == first
    kept.write_text(kept.read_text().replace('"Publish"', '"Publish"', 1))
    assert SlimLoader(tmp_path).load_service_model("sns", "service-2") == first


def test_a_kept_cut_is_what_is_read(tmp_path: Path) -> None:
    folder = tmp_path / digest()
    folder.mkdir()
    (folder / "sns.service-2.json").write_text('{"mark": 1}')
    assert SlimLoader(tmp_path).load_service_model("sns", "service-2") == {"mark": 1}


def test_cuts_of_another_botocore_are_not_looked_at(tmp_path: Path) -> None:
    folder = tmp_path / digest().replace(botocore.__version__, "0.0.1")
    folder.mkdir()
    (folder / "sns.service-2.json").write_text('{"mark": 1}')
    assert "mark" not in SlimLoader(tmp_path).load_service_model("sns", "service-2")


def test_a_cut_that_others_could_have_written_is_not_read(tmp_path: Path) -> None:
    folder = tmp_path / digest()
    folder.mkdir()
    path = folder / "sns.service-2.json"
    path.write_text('{"mark": 1}')
    path.chmod(0o666)
    assert "mark" not in SlimLoader(tmp_path).load_service_model("sns", "service-2")


@pytest.mark.parametrize("text", ["", "{", "nothing"])
def test_a_broken_cut_is_made_again(tmp_path: Path, text: str) -> None:
    folder = tmp_path / digest()
    folder.mkdir()
    (folder / "sns.service-2.json").write_text(text)
    assert "operations" in SlimLoader(tmp_path).load_service_model("sns", "service-2")
    assert json.loads((folder / "sns.service-2.json").read_text())["operations"]


def test_a_folder_that_cannot_be_made_costs_time_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert "operations" in SlimLoader(tmp_path / "file").load_service_model("sns", "service-2")


def test_a_service_that_is_not_cut_comes_from_botocore(built: Path) -> None:
    assert "operations" in SlimLoader(built).load_service_model("sts", "service-2")


def test_documentation_goes_and_a_member_of_that_name_stays() -> None:
    model = {
        "metadata": {},
        "operations": {"Do": {"input": {"shape": "In"}, "documentation": "words"}, "Else": {}},
        "shapes": {
            "In": {"type": "structure", "members": {"documentation": {"shape": "Text", "documentation": "words"}}},
            "Text": {"type": "string"},
            "Unused": {"type": "string"},
        },
    }
    found = cut(model, frozenset({"Do"}))
    assert found["operations"] == {"Do": {"input": {"shape": "In"}}}
    assert found["shapes"]["In"]["members"] == {"documentation": {"shape": "Text"}}
    assert set(found["shapes"]) == {"In", "Text"}


def test_the_cuts_can_be_made_beforehand_by_a_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "toolkit.aws.slim", str(tmp_path)]
    made = subprocess.run(command, capture_output=True, text=True, check=True)
    assert Path(made.stdout.strip()) == tmp_path / digest()
    assert len(list((tmp_path / digest()).glob("*.json"))) == 2 * len(OPERATIONS) + 1


def test_the_command_fails_in_one_line_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    command = [sys.executable, "-m", "toolkit.aws.slim", str(tmp_path / "file")]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 1
    assert made.stderr.count("\n") == 1
