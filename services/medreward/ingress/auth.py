"""Who may ask: with API keys, who sends one of them; without, anyone, or this machine alone.

``Doorkeeper`` decides for both doors, ``Guard`` stands before the whole HTTP application.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, NoReturn
from urllib.parse import unquote

from medreward.config import Auth, ConfigError, Settings
from medreward.contract.errors import ErrorCode, RequestError
from medreward.ingress.keys import Keys, KeysError
from medreward.observability.request_id import current

ANONYMOUS = "anonymous"
"""what a client without a key is called"""

OPEN_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
"""of the HTTP application: what probes and Prometheus ask for without a key"""

HEADER = "authorization"
"""header of HTTP and metadata of gRPC with ``Bearer KEY``"""

_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[Any]]
_Send = Callable[[Any], Awaitable[None]]
_App = Callable[[_Scope, _Receive, _Send], Awaitable[None]]


class Doorkeeper:
    """Lets requests in, or refuses them."""

    def __init__(self, keys: Keys | None = None, *, this_machine_only: bool = False) -> None:
        """Without ``keys`` anyone may ask; with ``this_machine_only`` anyone on this machine."""
        self._keys = keys
        self.this_machine_only = this_machine_only

    @property
    def asks_for_keys(self) -> bool:
        """Whether a request needs one."""
        return self._keys is not None

    @property
    def clients(self) -> list[str]:
        """Whose keys there are."""
        return [] if self._keys is None else self._keys.clients

    def admit(self, sent: Iterable[bytes]) -> None:
        """Returns when one who sends these ``authorization`` headers may ask; the running request then knows who it is.

        Raises:
            RequestError: ``unauthorized``.
        """
        if self._keys is None:
            return
        headers = list(sent)
        if not headers:
            _refuse("an API key is needed: send 'authorization: Bearer KEY'")
        scheme, _, key = headers[0].strip().partition(b" ")
        if len(headers) > 1 or scheme.lower() != b"bearer":
            _refuse("authorization: must be 'Bearer KEY', once")
        client = self._keys.client_of(key.strip())
        if client is None:
            _refuse("authorization: the API key is not one of this service")
        if (request := current()) is not None:
            request.client = client

    def admit_call(self, context: Any) -> None:
        """The same for a gRPC call, of Ray Serve's context or gRPC's own.

        Ray's own proxy listens for gRPC on all interfaces, and so does each replica behind HAProxy: where other
        machines are to be kept out without keys, the peer has to be looked at.

        Raises:
            RequestError: ``unauthorized``.
        """
        if self.this_machine_only and not is_this_machine(str(context.peer())):
            _refuse("there are no API keys, so only this machine is served")
        if self._keys is None:
            return
        values = [value for name, value in context.invocation_metadata() or () if name == HEADER]
        self.admit(value if isinstance(value, bytes) else value.encode("utf-8", "replace") for value in values)


def asking() -> str:
    """The client whose request the running task works for."""
    request = current()
    return (request.client if request is not None else "") or ANONYMOUS


class Guard:
    """ASGI middleware: a request without a key is answered before anything of it is read or routed."""

    def __init__(self, app: _App, doorkeeper: Doorkeeper, refused: Callable[[RequestError], _App]) -> None:
        """``refused`` makes the answer."""
        self._app = app
        self._doorkeeper = doorkeeper
        self._refused = refused

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Serves one connection."""
        if scope["type"] == "http" and _path(scope) not in OPEN_PATHS:
            try:
                self._doorkeeper.admit(value for name, value in scope["headers"] if name == HEADER.encode())
            except RequestError as error:
                await self._refused(error)(scope, receive, send)
                return
        # what is no HTTP, a websocket, finds no route and is closed
        await self._app(scope, receive, send)


def open_door(auth: Auth, *, local: bool) -> Doorkeeper:
    """Who may ask by these settings.

    Args:
        auth: section ``auth``.
        local: the service is of this machine, and HTTP listens where no other reaches it.

    Raises:
        ConfigError: there are no keys where there should be, or other machines would be let in without any.
    """
    if auth.keys_dir is None:
        if not (local or auth.allow_anonymous):
            raise ConfigError(_NO_KEYS)
        return Doorkeeper(this_machine_only=not auth.allow_anonymous)
    try:
        return Doorkeeper(Keys(auth.keys_dir))
    except KeysError as error:
        raise ConfigError(f"auth.keys_dir: {error}") from None


def check_cluster(settings: Settings) -> None:
    """What can be said of ``auth`` where the keys themselves are not mounted.

    Raises:
        ConfigError: anyone who reaches the cluster would be served, and nobody said so.
    """
    if settings.auth.keys_dir is None and not settings.auth.allow_anonymous:
        raise ConfigError(_NO_KEYS)


def check_local(settings: Settings) -> Doorkeeper:
    """Who may ask of a service on this machine.

    Raises:
        ConfigError: as :func:`open_door`.
    """
    host = settings.http.host
    anonymous = settings.auth.keys_dir is None and not settings.auth.allow_anonymous
    if anonymous and not is_loopback(host):
        raise ConfigError(f"http.host: {host!r} lets other machines in without a key; {_WHAT_TO_DO}")
    return open_door(settings.auth, local=True)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_this_machine(peer: str) -> bool:
    """Whether a gRPC peer, such as ``ipv4:127.0.0.1:5000`` or ``ipv6:%5B::1%5D:5000``, is of this machine."""
    kind, _, rest = peer.partition(":")
    if kind == "unix":
        return True
    host = unquote(rest).rpartition(":")[0].strip("[]")
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_loopback or _is_ours(address)


def _is_ours(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    # what would be sent to an address of one's own would come from that very address; nothing is sent
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((str(address), 9))
            return ipaddress.ip_address(str(probe.getsockname()[0])) == address
    except OSError:
        return False


def _path(scope: _Scope) -> str:
    """The path within the application, as its router sees it."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path[len(root) :] if root and path.startswith(root + "/") else path


def _refuse(message: str) -> NoReturn:
    raise RequestError(ErrorCode.UNAUTHORIZED, message)


_WHAT_TO_DO = (
    "name a directory of API keys in auth.keys_dir, or set auth.allow_anonymous where the network alone keeps out "
    "whom it should"
)
_NO_KEYS = f"auth: other machines reach this service; {_WHAT_TO_DO}"
