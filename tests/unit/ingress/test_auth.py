"""Who may ask, at either door."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

from medreward.assembly import build_desk, build_pipeline
from medreward.config import Auth, ConfigError, RequestLimits, load_settings
from medreward.contract.v1 import reward_pb2 as pb
from medreward.ingress.auth import OPEN_PATHS, Doorkeeper, check_local, is_this_machine, open_door
from medreward.ingress.grpc import ERROR_METADATA, RewardServicer
from medreward.ingress.http import create_app
from medreward.ingress.keys import Keys
from medreward.observability.observer import Observer

BODY = b'{"recipe": "gemex", "rollouts": [{"id": "x"}]}'
RIGHT = {"authorization": "Bearer right"}


@pytest.fixture
def keys_dir(tmp_path: Path) -> Path:
    (tmp_path / "trainer").write_text("right\n")
    return tmp_path


@pytest.fixture
def doorkeeper(keys_dir: Path) -> Doorkeeper:
    return Doorkeeper(Keys(keys_dir))


def app_of(doorkeeper: Doorkeeper | None, observer: Observer | None = None) -> Any:
    settings = load_settings()
    desk = build_desk(settings, None)
    return create_app(build_pipeline(settings), desk, RequestLimits(), observer or Observer(), doorkeeper)


def call(app: Any, method: str, path: str, **given: Any) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, **given)

    return asyncio.run(run())


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "right"},
        {"authorization": "Bearer"},
        {"authorization": "Bearer "},
        {"authorization": "Bearer wrong"},
        {"authorization": "Bearer right wrong"},
        {"authorization": "Basic right"},
        {"x-authorization": "Bearer right"},
    ],
)
def test_without_the_key_a_request_is_refused_as_the_contract_says(
    doorkeeper: Doorkeeper, headers: dict[str, str]
) -> None:
    answer = call(app_of(doorkeeper), "POST", "/v1/score", content=BODY, headers=headers)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    error = answer.json()["error"]
    assert error["code"] == "unauthorized"
    assert "Bearer KEY" in error["message"] or "not one of this service" in error["message"]


def test_two_keys_in_one_request_are_refused_even_with_the_right_one(doorkeeper: Doorkeeper) -> None:
    headers = [("authorization", "Bearer right"), ("authorization", "Bearer wrong")]
    assert call(app_of(doorkeeper), "POST", "/v1/score", content=BODY, headers=headers).status_code == 401


@pytest.mark.parametrize("value", ["Bearer right", "bearer right", "BEARER  right "])
def test_with_the_key_a_request_is_served(doorkeeper: Doorkeeper, value: str) -> None:
    answer = call(app_of(doorkeeper), "POST", "/v1/score", content=BODY, headers={"authorization": value})
    assert answer.status_code == 200, answer.text


def test_only_probes_and_metrics_are_open(doorkeeper: Doorkeeper) -> None:
    app = app_of(doorkeeper)
    paths = {str(route.path).format(name="answer", rubric="semantics") for route in app.routes}
    assert paths >= OPEN_PATHS | {"/v1/score", "/v1/info", "/docs", "/openapi.json"}
    assert {path for path in paths if call(app, "GET", path).status_code != 401} == OPEN_PATHS


@pytest.mark.parametrize(
    "path", ["/nope", "/v1/info/../../healthz", "/healthz/", "/healthz/x", "//healthz", "/HEALTHZ", "/metrics;x"]
)
def test_what_only_looks_open_is_not(doorkeeper: Doorkeeper, path: str) -> None:
    async def run() -> list[Any]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        # as a server hands it over, with nothing tidied on the way
        scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b""}
        await app_of(doorkeeper)({**scope, "headers": [], "root_path": ""}, receive, send)
        return sent

    assert asyncio.run(run())[0]["status"] == 401


def test_a_prefix_of_the_application_is_no_way_in(doorkeeper: Doorkeeper) -> None:
    async def run(path: str, root: str) -> int:
        status = 0

        async def send(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b""}
        await app_of(doorkeeper)({**scope, "headers": [], "root_path": root}, receive, send)
        return status

    assert asyncio.run(run("/rewards/healthz", "/rewards")) == 200
    assert asyncio.run(run("/rewards/v1/info", "/rewards")) == 401
    assert asyncio.run(run("/rewards/healthz", "")) == 401


def test_the_body_of_one_who_may_not_ask_is_not_read(doorkeeper: Doorkeeper) -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        read += 1
        yield BODY

    async def run() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app_of(doorkeeper)), base_url="http://t") as client:
            return (await client.post("/v1/score", content=body())).status_code

    assert (asyncio.run(run()), read) == (401, 0)


def test_refusals_are_counted(doorkeeper: Doorkeeper) -> None:
    observer = Observer()
    call(app_of(doorkeeper, observer), "POST", "/v1/score", content=BODY)
    page = observer.metrics.exposition().decode()
    assert 'medreward_requests_total{code="unauthorized",protocol="http",recipe=""} 1.0' in page


def test_the_openapi_document_says_that_a_key_is_needed(doorkeeper: Doorkeeper) -> None:
    document = call(app_of(doorkeeper), "GET", "/openapi.json", headers=RIGHT).json()
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert ("401" in operation["responses"]) == ("security" in operation) == (path not in OPEN_PATHS)
    assert "securitySchemes" not in json.dumps(call(app_of(None), "GET", "/openapi.json").json())


class Context:
    """As Ray Serve hands one over."""

    def __init__(self, *metadata: tuple[str, str | bytes], peer: str = "ipv4:127.0.0.1:5000") -> None:
        self._metadata = list(metadata)
        self._peer = peer
        self.code: grpc.StatusCode | None = None
        self.trailing: list[tuple[str, bytes]] = []

    def invocation_metadata(self) -> list[tuple[str, str | bytes]]:
        return self._metadata

    def peer(self) -> str:
        return self._peer

    def set_code(self, code: grpc.StatusCode) -> None:
        self.code = code

    def set_details(self, details: str) -> None:
        assert details

    def set_trailing_metadata(self, trailing: list[tuple[str, bytes]]) -> None:
        self.trailing = trailing


def ask(doorkeeper: Doorkeeper | None, method: str, context: Context) -> str:
    """The code of the refusal; empty when there is none."""
    settings = load_settings()
    servicer = RewardServicer(
        build_pipeline(settings), build_desk(settings, None), RequestLimits(), Observer(), doorkeeper
    )
    score = pb.ScoreRequest(recipe="gemex", rollouts=[pb.Rollout(id="x")])

    async def run() -> None:
        if method == "ScoreStream":
            assert bool([message async for message in servicer.ScoreStream(score, context)]) == (not context.code)
        elif method == "Score":
            assert bool((await servicer.Score(score, context)).results) == (not context.code)
        else:
            item = pb.JudgeItem(id="x", fields={"question": "q", "reference": "r", "candidate": "c"})
            await servicer.Judge(pb.JudgeRequest(rubric="semantics", items=[item]), context)

    asyncio.run(run())
    if context.code is None:
        return ""
    assert context.code is grpc.StatusCode.UNAUTHENTICATED
    return pb.ErrorReply.FromString(dict(context.trailing)[ERROR_METADATA]).error.code


@pytest.mark.parametrize("method", ["Score", "ScoreStream", "Judge"])
def test_a_call_needs_the_key_in_its_metadata(doorkeeper: Doorkeeper, method: str) -> None:
    assert ask(doorkeeper, method, Context(("authorization", "Bearer right"))) == ""
    for metadata in ([], [("authorization", "Bearer wrong")], [("authorization", b"\xff")], [("key", "right")]):
        assert ask(doorkeeper, method, Context(*metadata)) == "unauthorized"


@pytest.mark.parametrize("method", ["Score", "ScoreStream", "Judge"])
def test_without_keys_a_call_from_another_machine_is_refused_unless_anyone_may_ask(method: str) -> None:
    here, away = Context(), Context(peer="ipv4:192.0.2.7:5000")
    assert ask(Doorkeeper(this_machine_only=True), method, here) == ""
    assert ask(Doorkeeper(this_machine_only=True), method, away) == "unauthorized"
    assert ask(Doorkeeper(), method, Context(peer="ipv4:192.0.2.7:5000")) == ""


@pytest.mark.parametrize(
    ("peer", "ours"),
    [
        ("ipv4:127.0.0.1:5000", True),
        ("ipv4:127.9.9.9:5000", True),
        ("ipv6:[::1]:5000", True),
        ("ipv6:%5B::1%5D:5000", True),
        ("ipv6:%5B::ffff:127.0.0.1%5D:5000", True),
        ("unix:/run/x.sock", True),
        ("ipv4:192.0.2.7:5000", False),
        ("ipv6:%5B2001:db8::7%5D:5000", False),
        ("ipv6:%5B::ffff:192.0.2.7%5D:5000", False),
        ("ipv4:0.0.0.0:5000", False),
        ("", False),
        ("ipv4:localhost:5000", False),
        ("elsewhere", False),
    ],
)
def test_a_peer_is_of_this_machine_or_not(peer: str, ours: bool) -> None:
    assert is_this_machine(peer) is ours


def test_the_door_opens_as_the_settings_say(keys_dir: Path) -> None:
    assert open_door(Auth(keys_dir=keys_dir), local=False).asks_for_keys
    assert open_door(Auth(keys_dir=keys_dir), local=True).clients == ["trainer"]
    anyone = open_door(Auth(allow_anonymous=True), local=False)
    assert (anyone.asks_for_keys, anyone.this_machine_only) == (False, False)
    laptop = open_door(Auth(), local=True)
    assert (laptop.asks_for_keys, laptop.this_machine_only) == (False, True)
    with pytest.raises(ConfigError, match=r"auth\.keys_dir"):
        open_door(Auth(), local=False)
    (keys_dir / "empty").write_text("")
    with pytest.raises(ConfigError, match=r"auth\.keys_dir: .*empty: is empty"):
        open_door(Auth(keys_dir=keys_dir), local=True)


def test_keys_beside_anyone_makes_no_sense(keys_dir: Path) -> None:
    with pytest.raises(ConfigError, match="allow_anonymous"):
        load_settings(auth={"keys_dir": keys_dir, "allow_anonymous": True})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost"])
def test_on_loopback_nothing_is_needed(host: str) -> None:
    assert check_local(load_settings(http={"host": host})).this_machine_only


@pytest.mark.parametrize("host", ["0.0.0.0", "", "192.0.2.7", "rewards.example.org", "127.example.org"])
def test_where_others_reach_it_keys_are_needed_or_a_word_that_they_are_not(host: str, keys_dir: Path) -> None:
    with pytest.raises(ConfigError, match=r"http\.host: .*auth\.keys_dir.*auth\.allow_anonymous"):
        check_local(load_settings(http={"host": host}))
    assert check_local(load_settings(http={"host": host}, auth={"keys_dir": keys_dir})).asks_for_keys
    open_to_all = check_local(load_settings(http={"host": host}, auth={"allow_anonymous": True}))
    assert (open_to_all.asks_for_keys, open_to_all.this_machine_only) == (False, False)
