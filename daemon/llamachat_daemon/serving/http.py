"""Requests and responses of the port, as the library has them and as the decisions need them."""

from __future__ import annotations

from email.utils import formatdate
from http import HTTPStatus

from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from llamachat_daemon.serving.access import Facts
from llamachat_daemon.serving.routes import Answer


def facts_of(request: Request) -> Facts:
    """What the request says."""
    headers = request.headers
    offered = ",".join(headers.get_all("Sec-WebSocket-Protocol")).split(",")
    return Facts(
        method=request.method,
        path=request.path.partition("?")[0],
        hosts=headers.get_all("Host"),
        origins=headers.get_all("Origin"),
        authorization=headers.get_all("Authorization"),
        subprotocols=[name.strip() for name in offered],
    )


def wants_socket(request: Request) -> bool:
    """Whether it asks for a WebSocket."""
    return any("websocket" in value.lower() for value in request.headers.get_all("Upgrade"))


def response(answer: Answer, facts: Facts, origin: str | None) -> Response:
    """The answer with every header that belongs to it; `origin` is the one that may read it."""
    headers = Headers(
        [
            ("Date", formatdate(usegmt=True)),
            ("Connection", "close"),
            ("Cache-Control", "no-store"),
            ("Vary", "Origin"),
            ("X-Content-Type-Options", "nosniff"),
        ]
    )
    body = b"" if facts.method == "HEAD" else answer.body
    if answer.status is not HTTPStatus.NO_CONTENT:
        headers["Content-Length"] = str(len(body))
        headers["Content-Type"] = answer.content_type
    if origin is not None:
        headers["Access-Control-Allow-Origin"] = origin
    if facts.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = "GET"
        headers["Access-Control-Allow-Headers"] = "authorization"
    if answer.status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = "GET, OPTIONS"
    if answer.status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if answer.status is HTTPStatus.UPGRADE_REQUIRED:
        headers["Upgrade"] = "websocket"
    return Response(answer.status.value, answer.status.phrase, headers, body)
