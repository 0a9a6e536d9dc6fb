from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from toolkit.aws.session import Connection, Keys
from toolkit.domain.errors import Refused, Unreachable, UsageError

KEYS = Keys("lab", "lab")


def test_without_a_region_the_error_says_where_to_put_one() -> None:
    with pytest.raises(UsageError, match="AWS_REGION"):
        Connection(keys=KEYS)


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_the_environment_gives_the_region_when_nobody_else_does(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "eu-central-1")
    assert Connection(keys=KEYS).region == "eu-central-1"


def test_a_region_that_is_given_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert Connection("eu-west-1", keys=KEYS).region == "eu-west-1"


def test_the_region_of_a_profile_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[profile there]\nregion = ap-south-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "there")
    assert Connection(keys=KEYS).region == "ap-south-1"


def test_a_profile_that_does_not_exist_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(UsageError, match="nobody"):
        Connection()


def test_a_region_that_is_no_name_is_a_usage_error() -> None:
    connection = Connection("eu west/1", keys=KEYS)
    with pytest.raises(UsageError):
        connection.request("ec2", "DescribeAddresses", {})


def test_without_credentials_the_request_is_refused_with_what_to_do(tmp_path: Path) -> None:
    connection = Connection("eu-west-1", endpoint_url="http://127.0.0.1:1", models=tmp_path)
    with pytest.raises(Refused, match="no credentials"):
        connection.request("ec2", "DescribeAddresses", {})


def test_the_endpoint_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    port = 2
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    with pytest.raises(Unreachable, match=f"127.0.0.1:{port}"):
        Connection("eu-west-1", keys=KEYS).request("ec2", "DescribeAddresses", {})


def test_the_endpoint_of_one_service_wins_over_that_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    port = 2
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_EC2", f"http://127.0.0.1:{port}")
    with pytest.raises(Unreachable, match=f"127.0.0.1:{port}"):
        Connection("eu-west-1", keys=KEYS).request("ec2", "DescribeAddresses", {})


def test_operations_outside_the_cut_work_too() -> None:
    port = 2
    connection = Connection("eu-west-1", keys=KEYS, endpoint_url=f"http://127.0.0.1:{port}")
    with pytest.raises(Unreachable, match="DescribeVpcs"):
        connection.request("ec2", "DescribeVpcs", {})


def test_threads_that_need_the_same_client_at_once_all_get_it() -> None:
    connection = Connection("eu-west-1", keys=KEYS, endpoint_url="http://127.0.0.1:1")
    barrier = Barrier(8)

    def ask(number: int) -> type[Exception] | None:
        params = {} if number % 2 else {"Message": "x"}
        barrier.wait()
        try:
            connection.request("ec2" if number % 2 else "sns", "DescribeAddresses" if number % 2 else "Publish", params)
        except Unreachable as error:
            return type(error)
        return None

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {Unreachable}


def test_models_of_the_users_own_come_before_the_cut(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    connection = Connection("eu-west-1", keys=KEYS, endpoint_url="http://127.0.0.1:1", models=tmp_path / "cut")
    connection.warm("sns")
    assert not (tmp_path / "cut").exists()
