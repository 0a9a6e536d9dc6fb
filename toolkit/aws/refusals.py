"""What each error of AWS means to a failover: one table of codes, one of botocore's own exceptions.

Codes, their spelling and their groups are ``AWS.md`` §2; those of other services are their API references.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from botocore import exceptions as sdk

from toolkit.domain.errors import (
    AlreadyDone,
    CloudError,
    Conflict,
    Missing,
    NotYet,
    Refused,
    Terminal,
    Transient,
    Unreachable,
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What to do about an error: its class, whether a change may have been made all the same, and a remedy."""

    kind: type[CloudError]
    outcome_unknown: bool = False
    remedy: str = ""


_EXPIRED: Final = Meaning(Refused, remedy="the credentials have expired: renew them and run again")
_WRONG_KEY: Final = Meaning(Refused, remedy="AWS does not know these credentials: check the access key and its secret")
_NO_PERMISSION: Final = Meaning(Refused)
_THROTTLED: Final = Meaning(Transient)
_BROKEN: Final = Meaning(Transient, outcome_unknown=True)
_NOT_YET: Final = Meaning(NotYet)
_DONE: Final = Meaning(AlreadyDone)
_CONFLICT: Final = Meaning(Conflict)
_LIMIT: Final = Meaning(Terminal, remedy="a quota of the account or a limit of the instance type is used up")
_REQUEST: Final = Meaning(Terminal)
_MISSING: Final = Meaning(Missing, remedy="check the id, the Region and the account of the credentials")

_BY_MEANING: Final[Mapping[Meaning, str]] = {
    _THROTTLED: """RequestLimitExceeded EC2ThrottledException Throttling ThrottlingException ThrottledException
        RequestThrottled RequestThrottledException TooManyRequestsException BandwidthLimitExceeded SlowDown
        InsufficientAddressCapacity PriorRequestNotComplete ProvisionedThroughputExceededException
        ThrottlingError ProvisionedThroughputExceeded TransactionConflict TransactionConflictException
        TransactionInProgressException ReplicatedWriteConflictException""",
    _BROKEN: """InternalError InternalFailure InternalServerError InternalServiceError ServerInternal Unavailable
        ServiceUnavailable RequestTimeout RequestTimeoutException""",
    _NOT_YET: """IncorrectInstanceState IncorrectState InvalidState DependencyViolation
        ConcurrentMutationLimitExceeded InvalidNetworkInterface.InUse""",
    _DONE: """InvalidAssociationID.NotFound InvalidAttachmentID.NotFound RouteAlreadyExists DryRunOperation""",
    _CONFLICT: """Resource.AlreadyAssociated Resource.AlreadyAssigned InvalidIPAddress.InUse
        ConditionalCheckFailedException ConditionalCheckFailed TransactionCanceledException""",
    _LIMIT: """AddressLimitExceeded AttachmentLimitExceeded NetworkInterfaceLimitExceeded
        PrivateIpAddressLimitExceeded InvalidInterface.IpAddressLimitExceeded RouteLimitExceeded
        SecurityGroupsPerInterfaceLimitExceeded InsufficientFreeAddressesInSubnet""",
    _REQUEST: """InvalidParameterValue InvalidParameterCombination InvalidInstanceID MissingParameter
        InvalidParameter UnsupportedOperation IdempotentParameterMismatch ValidationException ValidationError
        InvalidInput InvalidChangeBatch OperationNotPermitted Gateway.NotAttached""",
    _MISSING: """NoSuchHostedZone NoSuchChange NotFound NotFoundException ResourceNotFoundException
        ResourceNotFound InvalidInstanceType""",
    _NO_PERMISSION: """UnauthorizedOperation AccessDenied AccessDeniedException AuthorizationError
        AuthorizationErrorException NotAuthorized Client.UnauthorizedOperation""",
    _EXPIRED: "ExpiredToken ExpiredTokenException TokenRefreshRequired",
    _WRONG_KEY: """InvalidClientTokenId UnrecognizedClientException InvalidAccessKeyId SignatureDoesNotMatch
        InvalidSignatureException IncompleteSignature MissingAuthenticationToken
        MissingAuthenticationTokenException""",
    Meaning(Refused, remedy="renew the credentials, or set this machine's clock"): """RequestExpired
        RequestTimeTooSkewed""",
    Meaning(Refused, remedy="the account can't use this Region or service yet"): """OptInRequired PendingVerification
        Blocked SubscriptionRequiredException""",
    Meaning(Refused, remedy="the credentials are wrong, or what it names is not yours to change"): "AuthFailure",
}

CODES: Final[Mapping[str, Meaning]] = MappingProxyType(
    {code.lower(): meaning for meaning, codes in _BY_MEANING.items() for code in codes.split()}
)

# Codes that stand for several things; the first text found in the message decides (AWS.md §2).
BY_MESSAGE: Final[Mapping[str, tuple[tuple[str, Meaning], ...]]] = MappingProxyType(
    {
        "invalidparametervalue": (
            ("already has an interface attached at device index", _DONE),
            ("move is not allowed", _CONFLICT),
            ("there is no route defined", _MISSING),
            ("is currently in use", _NOT_YET),
            ("interface: [eni-", _NOT_YET),
        ),
        "invalidinstanceid": (
            ("pending instance", _NOT_YET),
            ("not in a valid state", _NOT_YET),
        ),
        "authfailure": (
            (
                "permission to access the specified resource",
                Meaning(Refused, remedy="an AWS service or account owns it"),
            ),
            ("not able to validate the provided access credentials", _WRONG_KEY),
        ),
    }
)

SUFFIXES: Final[tuple[tuple[str, Meaning], ...]] = (
    (".notfound", _MISSING),
    (".malformed", _MISSING),
    ("limitexceeded", _LIMIT),
)

# Most special first: the first that fits decides.
EXCEPTIONS: Final[tuple[tuple[type[Exception], Meaning], ...]] = (
    # Nothing was sent yet.
    (sdk.EndpointConnectionError, Meaning(Unreachable)),
    (sdk.ConnectTimeoutError, Meaning(Unreachable)),
    (sdk.ProxyConnectionError, Meaning(Unreachable)),
    (sdk.SSLError, Meaning(Unreachable, outcome_unknown=True)),
    # Sent, and the answer did not come, or not whole.
    (sdk.ReadTimeoutError, Meaning(Unreachable, outcome_unknown=True)),
    (sdk.ConnectionClosedError, Meaning(Unreachable, outcome_unknown=True)),
    (sdk.ResponseStreamingError, Meaning(Unreachable, outcome_unknown=True)),
    (sdk.IncompleteReadError, Meaning(Unreachable, outcome_unknown=True)),
    (sdk.HTTPClientError, Meaning(Unreachable, outcome_unknown=True)),
    (sdk.ConnectionError, Meaning(Unreachable, outcome_unknown=True)),
    (sdk.ChecksumError, _BROKEN),
    (sdk.FlexibleChecksumError, _BROKEN),
    (sdk.NoCredentialsError, Meaning(Refused, remedy="no credentials: set AWS_PROFILE, or give the instance a role")),
    (sdk.PartialCredentialsError, Meaning(Refused, remedy="the credentials are incomplete")),
    (sdk.CredentialRetrievalError, Meaning(Refused, remedy="the credentials could not be fetched")),
    (sdk.TokenRetrievalError, Meaning(Refused, remedy="sign in again: aws sso login")),
    (sdk.NoAuthTokenError, Meaning(Refused, remedy="sign in again: aws sso login")),
    (sdk.SSOError, Meaning(Refused, remedy="sign in again: aws sso login")),
    # Lambda's runtime may bring a botocore that is older than this one.
    (getattr(sdk, "LoginError", sdk.SSOError), Meaning(Refused, remedy="sign in again: aws login")),
    (sdk.MetadataRetrievalError, Meaning(Refused, remedy="the container's credentials could not be fetched")),
    (sdk.UnknownCredentialError, Meaning(Refused, remedy="the credential source is unknown to botocore")),
    (sdk.RefreshWithMFAUnsupportedError, Meaning(Refused, remedy="the credentials have expired and need an MFA code")),
    (sdk.InfiniteLoopConfigError, Meaning(Refused, remedy="the profile's role chain never ends")),
)

# What a person set up wrongly, found before any request was made: a UsageError.
MISCONFIGURED: Final[tuple[type[Exception], ...]] = (
    sdk.BaseEndpointResolverError,
    sdk.InvalidRegionError,
    sdk.UnknownRegionError,
    sdk.ProfileNotFound,
    sdk.ConfigParseError,
    sdk.ConfigNotFound,
    sdk.InvalidConfigError,
    sdk.EndpointProviderError,
    sdk.InvalidEndpointConfigurationError,
    sdk.InvalidProxiesConfigError,
    sdk.InvalidRetryConfigurationError,
    sdk.InvalidDefaultsMode,
)
