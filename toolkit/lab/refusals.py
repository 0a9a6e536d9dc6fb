"""Errors in the shape of the service that was called."""

import json
import random
from base64 import urlsafe_b64encode
from uuid import uuid4
from xml.sax.saxutils import escape

from toolkit.lab.exchange import Answer, Request

EC2 = (
    "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
    "<RequestID>{request_id}</RequestID></Response>"
)
S3 = "<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{request_id}</RequestId></Error>"
QUERY = (
    "<ErrorResponse><Error><Type>{kind}</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    "<RequestId>{request_id}</RequestId></ErrorResponse>"
)
SERVER_FAULT = 500
FORBIDDEN = 403
ENCODED_MESSAGE_BYTES = 180


def refuse(request: Request, code: str, *, message: str, status: int = 400) -> Answer:
    """An error answer that botocore reads as a ``ClientError`` of this code for the request's service."""
    request_id = str(uuid4())
    if "json" in request.headers.get("content-type", ""):
        body = json.dumps({"__type": code, "message": message, "Message": message}).encode()
        return Answer(
            status=status,
            headers=(("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-RequestId", request_id)),
            body=body,
        )
    shape = {"ec2": EC2, "s3": S3}.get(request.service, QUERY)
    text = shape.format(
        code=escape(code),
        message=escape(message),
        request_id=request_id,
        kind="Receiver" if status >= SERVER_FAULT else "Sender",
    )
    document = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
    return Answer(status=status, headers=(("Content-Type", "text/xml"),), body=document)


def unauthorized(request: Request, permission: str, *, draw: random.Random) -> Answer:
    """IAM's no to a permission such as ``ec2:AssociateAddress``; EC2 hides the reason in a text drawn at random."""
    if request.service != "ec2":
        json_service = "json" in request.headers.get("content-type", "")
        code = "AccessDeniedException" if json_service else "AccessDenied"
        status = 400 if json_service else FORBIDDEN
        return refuse(request, code, message=f"User is not authorized to perform: {permission}", status=status)
    encoded = urlsafe_b64encode(draw.randbytes(ENCODED_MESSAGE_BYTES)).decode()
    message = (
        "You are not authorized to perform this operation. "
        f"User: arn:aws:iam::123456789012:user/lab is not authorized to perform: {permission}. "
        f"Encoded authorization failure message: {encoded}"
    )
    return refuse(request, "UnauthorizedOperation", message=message, status=FORBIDDEN)
