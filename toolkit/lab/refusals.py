"""Errors in the shape of the service that was called."""

import json
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
