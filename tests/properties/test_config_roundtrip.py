from __future__ import annotations

import json

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from support.config_strategies import Data, configurations
from support.config_texts import faults_of, read
from toolkit.config import dump, durations


@settings(max_examples=50)
@given(configurations())
def test_what_is_dumped_reads_as_the_same_configuration(data: Data) -> None:
    configuration = read(json.dumps(data), "json")
    assert read(json.dumps(dump(configuration)), "json") == configuration


@settings(max_examples=50)
@given(configurations())
def test_yaml_and_json_of_one_configuration_read_alike(data: Data) -> None:
    assert read(yaml.safe_dump(data, allow_unicode=True, sort_keys=False)) == read(json.dumps(data), "json")


@given(st.floats(0.001, 1e7, allow_nan=False))
def test_a_time_is_spelled_so_that_it_reads_as_itself(seconds: float) -> None:
    assert durations.seconds(durations.spelled(seconds)) == seconds


@given(st.text(max_size=200))
def test_any_text_is_a_configuration_or_has_faults_that_can_be_printed(text: str) -> None:
    for fault in (*faults_of(text), *faults_of(text, "json")):
        assert f"{fault.path}{fault.problem}{fault.remedy}".encode()


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_is_a_configuration_or_has_faults_that_can_be_printed(data: object) -> None:
    for fault in faults_of(json.dumps(data), "json"):
        assert f"{fault.path}{fault.problem}{fault.remedy}".encode()
