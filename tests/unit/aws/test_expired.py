"""EC2 says RequestExpired of expired credentials too: the one line must lead to them."""

import pytest

from toolkit.aws.errors import meaning_of
from toolkit.domain.errors import Refused


@pytest.mark.parametrize("code", ["RequestExpired", "RequestTimeTooSkewed"])
def test_a_request_past_its_time_sends_a_person_to_the_credentials_and_to_the_clock(code: str) -> None:
    meaning = meaning_of(code)
    assert meaning.kind is Refused
    assert "renew the credentials" in meaning.remedy
    assert "clock" in meaning.remedy
