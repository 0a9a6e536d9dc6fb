"""The one table of foreign errors, held against AWS.md §2."""

from __future__ import annotations

import inspect
from typing import Any, Final

import pytest
from botocore import exceptions as sdk
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from toolkit.aws.errors import meaning_of, translate
from toolkit.domain.errors import (
    AlreadyDone,
    CloudError,
    Conflict,
    ExitCode,
    FailoverError,
    Missing,
    NotYet,
    Refused,
    Terminal,
    Transient,
    Unreachable,
    UsageError,
)

# AWS.md §2, by its letters: what a code there may mean to a failover.
TRANSIENT: Final = """RequestLimitExceeded EC2ThrottledException Throttling ThrottlingException RequestThrottled
    RequestThrottledException InternalError InternalFailure ServerInternal Unavailable ServiceUnavailable
    BandwidthLimitExceeded InsufficientAddressCapacity"""
NOT_YET: Final = """IncorrectInstanceState IncorrectState InvalidState DependencyViolation
    ConcurrentMutationLimitExceeded InvalidNetworkInterface.InUse"""
DONE: Final = """InvalidAssociationID.NotFound InvalidAttachmentID.NotFound RouteAlreadyExists DryRunOperation"""
CONFLICT: Final = "Resource.AlreadyAssociated Resource.AlreadyAssigned InvalidIPAddress.InUse"
TERMINAL: Final = """AddressLimitExceeded AttachmentLimitExceeded NetworkInterfaceLimitExceeded
    PrivateIpAddressLimitExceeded InvalidInterface.IpAddressLimitExceeded RouteLimitExceeded
    SecurityGroupsPerInterfaceLimitExceeded InsufficientFreeAddressesInSubnet InvalidParameterCombination
    InvalidParameterValue MissingParameter InvalidParameter UnsupportedOperation IdempotentParameterMismatch
    OperationNotPermitted Gateway.NotAttached"""
MISSING: Final = """InvalidAllocationID.NotFound InvalidAddress.NotFound InvalidAddressID.NotFound
    InvalidNetworkInterfaceID.NotFound InvalidInstanceID.NotFound InvalidRouteTableID.NotFound
    InvalidRoute.NotFound InvalidSubnetID.NotFound InvalidNetworkInterfaceId.Malformed InvalidSubnetId.Malformed"""
REFUSED: Final = """UnauthorizedOperation AuthFailure OptInRequired PendingVerification Blocked RequestExpired
    AccessDenied AccessDeniedException ExpiredToken ExpiredTokenException UnrecognizedClientException
    InvalidClientTokenId SignatureDoesNotMatch"""

CODES: Final = [
    (code, kind)
    for codes, kind in [
        (TRANSIENT, Transient),
        (NOT_YET, NotYet),
        (DONE, AlreadyDone),
        (CONFLICT, Conflict),
        (TERMINAL, Terminal),
        (MISSING, Missing),
        (REFUSED, Refused),
    ]
    for code in codes.split()
]

MESSAGES: Final = [
    (
        "InvalidInstanceID",
        "The pending instance 'i-1' is not in a valid state for this operation.",
        NotYet,
    ),
    ("InvalidInstanceID", "There are multiple interfaces attached to instance 'i-0123456789abcdef0'.", Terminal),
    ("InvalidParameterValue", "Instance 'i-1' already has an interface attached at device index '1'.", AlreadyDone),
    ("InvalidParameterValue", "[10.0.1.50] assigned, but move is not allowed.", Conflict),
    (
        "InvalidParameterValue",
        "There is no route defined for '10.99.0.10/32' in the route table.",
        Missing,
    ),
    ("InvalidParameterValue", "Address does not fall within the subnet's address range", Terminal),
    ("InvalidParameterValue", "eni-0123456789abcdef0 is currently in use", NotYet),
    ("AuthFailure", "You do not have permission to access the specified resource.", Refused),
    ("AuthFailure", "AWS was not able to validate the provided access credentials", Refused),
]

# How each of botocore's exceptions that a request can end with is made.
WORDS: Final[dict[str, Any]] = {
    "endpoint_url": "http://127.0.0.1:1",
    "error": "broken",
    "provider": "env",
    "cred_var": "AWS_SECRET_ACCESS_KEY",
    "proxy_url": "http://127.0.0.1:2",
    "request": None,
    "response": None,
    "actual_bytes": 1,
    "expected_bytes": 2,
    "error_msg": "broken",
    "name": "sso",
    "profile": "none",
    "path": "config",
    "service_name": "ec2",
    "region_name": "nowhere",
    "msg": "broken",
    "checksum_type": "crc32",
    "expected_checksum": "1",
    "actual_checksum": "2",
    "source_profile": "a",
    "visited_profiles": ["a"],
}
SENT_NOTHING: Final = [sdk.EndpointConnectionError, sdk.ConnectTimeoutError, sdk.ProxyConnectionError]
SENT: Final = [
    sdk.ReadTimeoutError,
    sdk.ConnectionClosedError,
    sdk.HTTPClientError,
    sdk.ResponseStreamingError,
    sdk.IncompleteReadError,
    sdk.SSLError,
]
NO_CREDENTIALS: Final = [
    sdk.NoCredentialsError,
    sdk.PartialCredentialsError,
    sdk.CredentialRetrievalError,
    sdk.TokenRetrievalError,
    sdk.MetadataRetrievalError,
    sdk.SSOTokenLoadError,
    sdk.UnauthorizedSSOTokenError,
]
MISCONFIGURED: Final = [
    sdk.NoRegionError,
    sdk.InvalidRegionError,
    sdk.ProfileNotFound,
    sdk.ConfigParseError,
    sdk.ConfigNotFound,
]


def answer(code: str, message: str = "", *, status: int = 400, operation: str = "AssociateAddress") -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        operation,
    )


def told(error: Exception, *, action: str = "AssociateAddress", service: str = "ec2") -> FailoverError:
    return translate(error, service=service, action=action)


def cloud(error: Exception, *, action: str = "AssociateAddress", service: str = "ec2") -> CloudError:
    found = told(error, action=action, service=service)
    assert isinstance(found, CloudError)
    return found


@pytest.mark.parametrize(("code", "kind"), CODES)
def test_every_code_that_is_known_of_ec2_has_its_meaning(code: str, kind: type[CloudError]) -> None:
    found = cloud(answer(code))
    assert isinstance(found, kind)
    assert (found.action, found.code) == ("AssociateAddress", code)


@pytest.mark.parametrize(("code", "kind"), CODES)
def test_the_case_of_a_code_does_not_matter(code: str, kind: type[CloudError]) -> None:
    assert issubclass(meaning_of(code.lower()).kind, kind)
    assert issubclass(meaning_of(code.upper()).kind, kind)


@pytest.mark.parametrize(("code", "message", "kind"), MESSAGES)
def test_a_code_with_several_meanings_is_told_apart_by_its_message(
    code: str, message: str, kind: type[CloudError]
) -> None:
    assert type(cloud(answer(code, message))) is kind


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_unknown_code_with_a_server_error_is_transient_and_may_have_been_done(status: int) -> None:
    found = cloud(answer("Strange", status=status))
    assert isinstance(found, Transient)
    assert found.outcome_unknown


def test_an_unknown_code_of_a_refused_request_is_terminal() -> None:
    assert type(cloud(answer("Strange", status=400))) is Terminal


def test_an_unknown_code_of_too_many_requests_is_transient() -> None:
    assert isinstance(cloud(answer("Strange", status=429)), Transient)


@pytest.mark.parametrize("code", ["RequestLimitExceeded", "ThrottlingException", "EC2ThrottledException"])
def test_a_throttled_change_is_known_not_to_be_made(code: str) -> None:
    found = cloud(answer(code, status=503))
    assert isinstance(found, Transient)
    assert not found.outcome_unknown


def test_after_an_internal_error_a_read_has_nothing_unknown() -> None:
    found = cloud(answer("InternalError", status=500), action="DescribeAddresses")
    assert isinstance(found, Transient)
    assert not found.outcome_unknown


def test_a_hidden_refusal_names_the_permission_and_how_to_decode_the_reason() -> None:
    text = "You are not authorized to perform this operation. Encoded authorization failure message: A1b2-C3_d4"
    found = cloud(answer("UnauthorizedOperation", text, status=403))
    assert "ec2:AssociateAddress" in found.message
    assert "aws sts decode-authorization-message --encoded-message A1b2-C3_d4" in found.message
    assert found.exit_code is ExitCode.REFUSED


def test_an_open_refusal_names_the_permission_that_aws_names() -> None:
    text = "User: arn:aws:iam::111122223333:user/x is not authorized to perform: dynamodb:PutItem on resource: t"
    found = cloud(answer("AccessDeniedException", text), action="TransactWriteItems", service="dynamodb")
    assert "dynamodb:PutItem" in found.message


@pytest.mark.parametrize("code", ["ExpiredToken", "ExpiredTokenException"])
def test_expired_credentials_are_called_expired(code: str) -> None:
    assert "expired" in cloud(answer(code)).message


def made(kind: type[sdk.BotoCoreError]) -> sdk.BotoCoreError:
    return kind(**WORDS)


@pytest.mark.parametrize("kind", SENT_NOTHING)
def test_a_connection_that_never_stood_is_unreachable_and_nothing_was_done(kind: type[sdk.BotoCoreError]) -> None:
    found = cloud(made(kind))
    assert isinstance(found, Unreachable)
    assert not found.outcome_unknown


@pytest.mark.parametrize("kind", SENT)
def test_an_answer_that_never_came_leaves_a_change_unknown(kind: type[sdk.BotoCoreError]) -> None:
    found = cloud(made(kind))
    assert isinstance(found, Unreachable)
    assert found.outcome_unknown
    assert found.exit_code is ExitCode.UNREACHABLE


@pytest.mark.parametrize("kind", NO_CREDENTIALS)
def test_missing_or_broken_credentials_are_a_refusal(kind: type[sdk.BotoCoreError]) -> None:
    assert isinstance(cloud(made(kind)), Refused)


@pytest.mark.parametrize("kind", MISCONFIGURED)
def test_what_was_set_up_wrongly_is_a_usage_error(kind: type[sdk.BotoCoreError]) -> None:
    assert isinstance(told(made(kind)), UsageError)


def test_an_answer_that_is_no_answer_of_aws_is_transient() -> None:
    found = cloud(ResponseParserError("Unable to parse response, invalid XML received:\n<html>"))
    assert isinstance(found, Transient)
    assert "\n" not in str(found)


def test_every_exception_that_botocore_has_is_translated() -> None:
    kinds = [kind for _, kind in inspect.getmembers(sdk, inspect.isclass) if issubclass(kind, sdk.BotoCoreError)]
    assert len(kinds) > 50
    for kind in kinds:
        error = kind.__new__(kind)
        Exception.__init__(error, "broken")
        assert isinstance(told(error), FailoverError), kind


def test_a_wrong_parameter_is_terminal_and_said_in_one_line() -> None:
    found = cloud(sdk.ParamValidationError(report="Missing required parameter:\n AllocationId"))
    assert isinstance(found, Terminal)
    assert "\n" not in str(found)
