"""What went wrong at S3, in sentences for people, and whether it is worth asking again."""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    SSLError,
    TokenRetrievalError,
)

from archive.errors import AccessDenied, NotThere, RemoteError, Unreachable
from archive.remote.address import S3Address
from archive.remote.retries import Transient

_AGAIN = {  # codes that come with 4xx and say "later"; S3 API reference, "Error responses"
    "BadDigest", "ConditionalRequestConflict", "IncompleteBody", "InternalError", "OperationAborted",
    "RequestTimeout", "RequestTimeoutException", "SlowDown", "Throttling", "ThrottlingException",
    "XAmzContentSHA256Mismatch",
}  # fmt: skip
_AGAIN_STATUS = {408, 425, 429}
_NO_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
)
_DENIED = {  # what to check, by the code that the server gives
    "InvalidAccessKeyId": "it does not know the access key. Check AWS_ACCESS_KEY_ID or the profile, and "
    "that the endpoint is the one the key is for.",
    "SignatureDoesNotMatch": "the secret key does not fit the access key. Check AWS_SECRET_ACCESS_KEY or "
    "the profile.",
    "RequestTimeTooSkewed": "the clock of this machine is off by more than 15 minutes. Set it right.",
    "ExpiredToken": "the session token has expired. Sign in again.",
    "InvalidToken": "the session token is not valid. Check AWS_SESSION_TOKEN or sign in again.",
}


class Taken(RemoteError):
    """If-None-Match: something has this name already."""


class BehindEnd(RemoteError):
    """The range begins behind the end of the object."""


class PartsRefused(RemoteError):
    """The upload is gone, or its parts are not what we name."""


class CutShort(OSError):
    """An answer that ends before its end."""


def explained(
    error: BotoCoreError | ClientError | OSError, operation: str, where: S3Address
) -> RemoteError | Transient:
    """The error as this package knows it; a Transient is worth another attempt."""
    if isinstance(error, ClientError):
        return _answered(error, operation, where)
    if isinstance(error, _NO_CREDENTIALS):
        message = (
            f"there are no usable credentials ({error}). Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or run where a role gives them."
        )
        return AccessDenied(str(where), message)
    if isinstance(error, NoRegionError | ParamValidationError):
        return unusable(error, where)
    if isinstance(error, SSLError):
        return Unreachable(str(where), f"its certificate or TLS is not sound ({error}).")
    return Transient(str(error) or type(error).__name__)


def _answered(error: ClientError, operation: str, where: S3Address) -> RemoteError | Transient:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    said = f"{status} {code}".strip()
    if code in {"NoSuchUpload", "InvalidPart", "InvalidPartOrder", "EntityTooSmall"}:
        return PartsRefused(str(where), f"the parts of an upload were refused ({said}).")
    if status == 412:
        return Taken(str(where), "the name is taken.")
    if status == 416:
        return BehindEnd(str(where), "the range begins behind the end.")
    if code in _AGAIN or status in _AGAIN_STATUS or status >= 500:
        return Transient(f"the server answered {said}")
    if code == "NoSuchBucket":
        message = (
            "there is no such bucket. Make it, or check its name, the region and the endpoint."
        )
        return NotThere(str(where), message)
    if status == 404:
        key = str(error.response.get("Error", {}).get("Key") or "such object")
        return NotThere(str(where), f"there is no {key.removeprefix(where.prefix)} ({operation}).")
    if status in {401, 403}:
        return AccessDenied(str(where), f"{operation} was refused ({said}): {_check(code)}")
    if status in {301, 307} or code == "AuthorizationHeaderMalformed":
        message = f"the bucket is in another region ({said}). Set AWS_REGION to the bucket's."
        return NotThere(str(where), message)
    detail = str(error.response.get("Error", {}).get("Message", ""))[:200]
    return RemoteError(str(where), f"{operation} was refused ({said}). {detail}".rstrip())


def _check(code: str) -> str:
    return _DENIED.get(
        code,
        "these credentials may not do this. The user or role needs s3:ListBucket on the bucket, and "
        "s3:GetObject, s3:PutObject and s3:AbortMultipartUpload on the prefix (docs/s3.md).",
    )


def unreachable(why: str, where: S3Address) -> Unreachable:
    """That no attempt brought an answer."""
    endpoint = (
        where.endpoint_url or "AWS, or the endpoint that AWS_ENDPOINT_URL or the profile names"
    )
    message = (
        f"no usable answer after {why}. Asked was {endpoint}. Check the network and the endpoint, and run "
        "the command again: it goes on where it was."
    )
    return Unreachable(str(where), message)


def unusable(error: Exception, where: S3Address) -> RemoteError:
    """That a request could not even be made."""
    if isinstance(error, _NO_CREDENTIALS):
        return AccessDenied(str(where), f"the AWS configuration cannot be used ({error}).")
    return NotThere(str(where), f"the AWS configuration cannot be used ({error}).")
