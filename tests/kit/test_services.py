"""The services, reached as learners reach them: a real server, real httpx, real requests."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
import pytest_asyncio
import requests

from workshop.services import (
    Entry,
    Limits,
    Room,
    ServicesError,
    open_room,
    serve,
    services_url,
    serving,
)
from workshop.services._journal import TEXT_LIMIT, Journal
from workshop.services._rooms import RoomState

LIMIT = 300_000
FOREVER = 600.0
"""Seconds that no test waits for: whatever ends sooner was ended by what the test did."""


@pytest.fixture(scope="module")
def services() -> Iterator[str]:
    with serving(limits=Limits(upload=LIMIT, entries=50)) as url:
        yield url


@pytest_asyncio.fixture
async def room(services: str) -> AsyncIterator[Room]:
    async with await open_room(url=services) as made:
        yield made


@pytest_asyncio.fixture
async def client(room: Room) -> AsyncIterator[httpx.AsyncClient]:
    async with room.client(timeout=60) as made:
        yield made


@pytest_asyncio.fixture
async def control(services: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=services, trust_env=False, timeout=60) as made:
        yield made


def file(content: bytes = b"hello", name: str = "hello.txt") -> dict[str, Any]:
    return {"file": (name, content)}


async def only_entry(room: Room) -> Entry:
    [entry] = await room.journal()
    return entry


def reason(response: httpx.Response | requests.Response) -> str:
    body = response.json()
    assert body["status"] is False
    message = body["error"]["message"]
    assert isinstance(message, str)
    assert message.endswith(".")
    return message


# What the services answer when nothing is wrong


@pytest.mark.asyncio
async def test_an_upload_is_counted_hashed_and_journalled(room: Room, client: Any) -> None:
    content = bytes(range(256)) * 1000
    response = await client.post("/upload", files=file(content, "ö <b>.bin"))
    answer = response.json()
    digest = hashlib.sha256(content).hexdigest()
    assert response.status_code == 200
    assert answer["status"] is True
    assert answer["data"]["file"]["url"].startswith("http://127.0.0.1:")
    assert answer["data"]["file"]["metadata"] == {
        "id": digest[:12],
        "name": "ö <b>.bin",
        "size": 256_000,
        "sha256": digest,
    }
    entry = await only_entry(room)
    assert (entry.id, entry.method, entry.path) == (1, "POST", "/upload")
    assert (entry.size, entry.sha256) == (256_000, digest)
    assert (entry.field, entry.file_name) == ("file", "ö <b>.bin")
    assert (entry.status, entry.outcome, entry.key_ok) == (200, "answered", True)
    assert entry.agent.startswith("python-httpx/")
    assert entry.end is not None
    assert 0 <= entry.start <= entry.end


@pytest.mark.asyncio
async def test_an_empty_file_is_a_file(client: Any) -> None:
    response = await client.post("/upload", files=file(b""))
    assert response.json()["data"]["file"]["metadata"]["size"] == 0


@pytest.mark.asyncio
async def test_an_upload_counts_the_field_called_file_among_others(room: Room, client: Any) -> None:
    files = [("other", ("a", b"12345678")), ("file", ("b", b"123"))]
    response = await client.post("/upload", files=files, data={"text": "x" * 5000})
    assert response.json()["data"]["file"]["metadata"]["name"] == "b"
    assert (await only_entry(room)).size == 3


@pytest.mark.asyncio
async def test_cat_facts_rotate_in_each_room_by_itself(services: str) -> None:
    told = []
    for _ in range(2):
        async with await open_room(url=services) as room, room.client() as client:
            told.append([(await client.get("/catfact")).json()["data"] for _ in range(13)])
    facts = [fact for [fact] in told[0]]
    assert told[0] == told[1]
    assert len(set(facts)) == 12
    assert facts[12] == facts[0]


@pytest.mark.asyncio
async def test_equal_uploads_to_two_rooms_get_equal_answers(services: str) -> None:
    answers = []
    for _ in range(2):
        async with await open_room(url=services) as room, room.client() as client:
            answers.append((await client.post("/upload", files=file())).json())
    assert answers[0] == answers[1]


@pytest.mark.asyncio
async def test_requests_and_httpx_are_answered_alike(room: Room, client: Any) -> None:
    blocking = await asyncio.to_thread(requests.post, f"{room.url}/upload", files=file())
    assert blocking.json() == (await client.post("/upload", files=file())).json()
    first, second = await room.journal()
    assert (first.size, first.sha256) == (second.size, second.sha256)
    assert first.agent.startswith("python-requests/")


@pytest.mark.asyncio
async def test_the_bare_url_is_the_lobby(services: str) -> None:
    async with await open_room("lobby", url=services) as lobby:
        await lobby.clear()
        assert (await asyncio.to_thread(requests.get, f"{services}/catfact")).status_code == 200
        assert (await only_entry(lobby)).path == "/catfact"


# Requests that are wrong


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("request_body", "words"),
    [
        ({"files": {"upload": ("a", b"1")}}, "'upload'"),
        ({"data": {"file": "text"}}, "application/x-www-form-urlencoded"),
        ({"files": {"file": (None, b"text")}}, "no file at all"),
        ({"content": b"raw"}, "multipart"),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, "boundary"),
        (
            {
                "content": b"--b\r\nbroken",
                "headers": {"Content-Type": "multipart/form-data; boundary=b"},
            },
            "multipart",
        ),
    ],
)
async def test_a_wrong_upload_is_told_what_is_wrong(
    room: Room, client: Any, request_body: dict[str, Any], words: str
) -> None:
    response = await client.post("/upload", **request_body)
    assert response.status_code == 400
    assert words in reason(response)
    entry = await only_entry(room)
    assert (entry.outcome, entry.status) == ("rejected", 400)


@pytest.mark.asyncio
async def test_a_wrong_field_is_named_in_the_journal(room: Room, client: Any) -> None:
    await client.post("/upload", files={"upload": ("a.txt", b"123")})
    entry = await only_entry(room)
    assert (entry.field, entry.file_name, entry.size) == ("upload", "a.txt", 3)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/upload", 405),
        ("POST", "/catfact", 405),
        ("POST", "/uploads", 404),
        ("GET", "/upload/", 404),
    ],
)
async def test_a_wrong_method_or_path_is_refused_with_a_reason_and_journalled(
    room: Room, client: Any, method: str, path: str, status: int
) -> None:
    response = await client.request(method, path)
    assert response.status_code == status
    assert path in reason(response)
    entry = await only_entry(room)
    assert (entry.method, entry.path) == (method, path)
    assert (entry.outcome, entry.status) == ("rejected", status)


@pytest.mark.asyncio
@pytest.mark.parametrize("path", ["/nothing", "/rooms/", "/files/123"])
async def test_a_path_outside_all_rooms_is_refused_with_a_reason(control: Any, path: str) -> None:
    response = await control.get(path)
    assert response.status_code == 404
    reason(response)


@pytest.mark.asyncio
async def test_a_control_path_refuses_a_wrong_method_with_a_reason(control: Any) -> None:
    response = await control.post("/rooms/a/gate")
    assert response.status_code == 405
    assert "POST" in reason(response)


# Limits


@pytest.mark.asyncio
@pytest.mark.parametrize("over", [1, 1_000_000])
async def test_a_file_above_the_limit_gets_413_and_one_at_the_limit_passes(
    room: Room, client: Any, over: int
) -> None:
    right = await client.post("/upload", files=file(b"x" * LIMIT))
    wrong = await client.post("/upload", files=file(b"x" * (LIMIT + over)))
    assert right.status_code == 200
    assert wrong.status_code == 413
    assert "300,000 bytes" in reason(wrong)
    entry = (await room.journal())[-1]
    assert (entry.outcome, entry.status) == ("rejected", 413)


@pytest.mark.asyncio
async def test_a_length_above_the_limit_is_refused_before_the_body_comes(room: Room) -> None:
    url = httpx.URL(room.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = [f"POST {url.path}/upload HTTP/1.1", f"Content-Length: {10**12}", f"Host: {url.host}"]
    head += ["Content-Type: multipart/form-data; boundary=b", "", ""]
    writer.write("\r\n".join(head).encode())
    async with asyncio.timeout(60):
        assert (await reader.readline()).startswith(b"HTTP/1.1 413")
    writer.close()
    await writer.wait_closed()


@pytest.mark.asyncio
async def test_one_room_too_many_gets_429_until_another_is_deleted() -> None:
    with serving(limits=Limits(rooms=2)) as url:
        async with (
            await open_room(url=url),
            httpx.AsyncClient(base_url=url, trust_env=False) as client,
        ):
            second = await open_room(url=url)
            for refused in (
                await client.put("/rooms/third"),
                await client.get("/rooms/third/catfact"),
                await client.get("/catfact"),
            ):
                assert refused.status_code == 429
                assert "2 rooms" in reason(refused)
            with pytest.raises(ServicesError, match="2 rooms"):
                await open_room(url=url)
            await second.close()
            assert (await client.put("/rooms/third")).status_code == 200


@pytest.mark.asyncio
async def test_the_journal_keeps_the_newest_entries(room: Room, client: Any) -> None:
    for _ in range(53):
        await client.get("/catfact")
    assert [entry.id for entry in await room.journal()] == list(range(4, 54))


@pytest.mark.asyncio
async def test_long_texts_are_cut_in_the_journal(room: Room, client: Any) -> None:
    await client.get("/" + "x" * 2000, headers={"User-Agent": "y" * 2000})
    entry = await only_entry(room)
    assert (len(entry.path), len(entry.agent)) == (TEXT_LIMIT, TEXT_LIMIT)


@pytest.mark.parametrize("limit", ["upload", "rooms", "entries"])
def test_a_limit_of_nothing_is_a_mistake(limit: str) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Limits(**{limit: 0})


# Rooms


@pytest.mark.asyncio
async def test_two_rooms_do_not_see_each_other(services: str) -> None:
    async with (
        await open_room(url=services, status=500) as one,
        await open_room(url=services) as two,
        one.client() as client_of_one,
        two.client() as client_of_two,
    ):
        await one.hold()
        held = asyncio.create_task(client_of_one.get("/catfact"))
        assert await one.in_flight(1, timeout=60)
        assert (await client_of_two.get("/catfact")).status_code == 200
        assert not await two.in_flight(1, timeout=0)
        assert len(await two.journal()) == 1
        await two.open_gate()
        await two.heal()
        await two.clear()
        assert await one.in_flight(1, timeout=0)
        await one.open_gate()
        assert (await held).status_code == 500
        assert len(await one.journal()) == 1


@pytest.mark.asyncio
async def test_a_room_is_made_by_naming_it_and_listed(control: Any) -> None:
    await control.get("/rooms/by-data/catfact")
    await control.get("/rooms/by-looking")
    rooms = {room["name"]: room for room in (await control.get("/rooms")).json()["rooms"]}
    assert {"by-data", "by-looking"} <= set(rooms)
    assert rooms["by-data"]["requests"] == 1
    assert rooms["by-data"]["url"] == f"{str(control.base_url).rstrip('/')}/rooms/by-data"
    deleted = (await control.delete("/rooms/by-data")).json()
    assert deleted["deleted"] is True
    assert [entry["path"] for entry in deleted["journal"]["entries"]] == ["/catfact"]
    again = (await control.delete("/rooms/by-data")).json()
    assert again == {"name": "by-data", "deleted": False}


@pytest.mark.asyncio
async def test_a_room_without_a_name_is_deleted_and_a_named_one_stays(
    services: str, control: Any
) -> None:
    unnamed, kept = await open_room(url=services), await open_room("kept", url=services)
    for room in (unnamed, kept):
        async with room.client() as client:
            await client.get("/catfact")
    assert [entry.path for entry in await unnamed.close()] == ["/catfact"]
    assert await kept.close() == [], "it goes on"
    names = [room["name"] for room in (await control.get("/rooms")).json()["rooms"]]
    assert unnamed.name not in names
    assert "kept" in names


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["a b", "x" * 65, "ä", "a%2Fb", "%2e%2e", "a%0a"])
async def test_a_name_that_cannot_be_is_refused_with_a_reason(control: Any, name: str) -> None:
    response = await control.put(httpx.URL(control.base_url).copy_with(raw_path=_raw(name)))
    assert response.status_code == 400
    assert "name of a room" in reason(response)


def _raw(name: str) -> bytes:
    return f"/rooms/{name}".replace(" ", "%20").replace("ä", "%C3%A4").encode()


@pytest.mark.asyncio
async def test_a_locked_room_answers_its_own_client_alone(services: str) -> None:
    async with await open_room(url=services, key="secret", times=1, status=500) as room:
        await room.hold()  # strangers are not held: whoever blocks must not wait for the test
        for headers in ({}, {"Workshop-Key": "wrong"}, {"Workshop-Key": "\xe4"}):
            url = f"{room.url}/upload"
            stranger = await asyncio.to_thread(
                requests.post, url, files=file(), headers=headers, timeout=60
            )
            assert stranger.status_code == 403
            assert "key" in reason(stranger)
        await room.open_gate()
        async with room.client() as client:
            assert (await client.get("/catfact")).status_code == 500  # the fault was not spent
        *strangers, own = await room.journal()
        assert {(entry.outcome, entry.key_ok) for entry in strangers} == {("stranger", False)}
        assert (own.outcome, own.key_ok) == ("answered", True)
        assert await room.most_in_flight() == 1


@pytest.mark.asyncio
async def test_a_locked_rooms_client_reaches_its_data_and_nothing_else(services: str) -> None:
    async with await open_room(url=services, key="secret") as room, room.client() as client:
        for method in ("GET", "PUT", "DELETE"):
            for url in (services, f"{services}/rooms", f"{services}/live", room.url):
                answer = await client.request(method, url)
                assert answer.status_code in (403, 404, 405), (method, url)
            for path in ("/journal", "/gate", "/faults"):
                answer = await client.request(method, f"{room.url}{path}")
                assert answer.status_code in (404, 405), (method, path)
        for url in ("http://127.0.0.1:9/", "http://facts.test/catfact"):
            with pytest.raises(httpx.ConnectError, match="room alone"):
                await client.get(url)
        assert (await client.get("/catfact")).status_code == 200


@pytest.mark.asyncio
async def test_a_locked_rooms_client_is_refused_where_its_room_refuses(services: str) -> None:
    room = await open_room(url=services, key="secret", refuse=True)
    async with room, room.client() as client:
        with pytest.raises(httpx.ConnectError) as caught:
            await client.get("/catfact")
    assert "room alone" not in str(caught.value)


@pytest.mark.asyncio
@pytest.mark.parametrize("key", ["", "a\nb", " a", "ä", 5, "x" * 201])
async def test_a_key_that_no_header_can_carry_is_refused(control: Any, key: object) -> None:
    response = await control.put("/rooms/keys", json={"key": key})
    assert response.status_code == 400
    assert "key" in reason(response)


@pytest.mark.asyncio
async def test_rooms_need_no_proxy(services: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    async with await open_room(url=services) as room, room.client() as client:
        assert (await client.get("/catfact")).status_code == 200


@pytest.mark.asyncio
async def test_the_options_of_a_client_are_those_of_httpx(room: Room) -> None:
    limits = httpx.Limits(max_connections=1)
    async with room.client(limits=limits, timeout=0.01, headers={"User-Agent": "me"}) as client:
        await client.get("/catfact", timeout=60)
        await room.hold()
        first = asyncio.create_task(client.get("/catfact", timeout=60))
        assert await room.in_flight(1, timeout=60)
        with pytest.raises(httpx.PoolTimeout):
            await client.get("/catfact")
        await room.open_gate()
        await first
    assert {entry.agent for entry in await room.journal()} == {"me"}


# Faults


@pytest.mark.asyncio
async def test_a_refused_room_refuses_connections(services: str) -> None:
    async with await open_room(url=services, refuse=True) as room, room.client() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("/catfact")
        with pytest.raises(requests.ConnectionError):
            await asyncio.to_thread(requests.get, f"{room.url}/catfact", timeout=60)
        await room.heal()
        async with room.client() as healed:
            assert (await healed.get("/catfact")).status_code == 200


@pytest.mark.asyncio
async def test_a_refused_room_resets_what_comes_by_its_path(room: Room, client: Any) -> None:
    url = room.url
    await room.faults(refuse=True)
    with pytest.raises(httpx.TransportError):
        await client.post("/upload", files=file())
    with pytest.raises(requests.ConnectionError):
        await asyncio.to_thread(requests.get, f"{url}/catfact", timeout=60)
    assert {(e.outcome, e.status) for e in await room.journal()} == {("refused", None)}


@pytest.mark.asyncio
async def test_a_refusal_is_a_reset_as_from_a_closed_port(room: Room) -> None:
    url = httpx.URL(room.url)
    await room.faults(refuse=True, path="/catfact")
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(f"GET {url.path}/catfact HTTP/1.1\r\nHost: {url.host}\r\n\r\n".encode())
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()


@pytest.mark.asyncio
async def test_an_answer_dropped_midway_is_a_transport_error(room: Room, client: Any) -> None:
    await room.faults(drop=True)
    with pytest.raises(httpx.TransportError, match="complete message body"):
        await client.post("/upload", files=file())
    with pytest.raises(requests.RequestException):
        await asyncio.to_thread(requests.get, f"{room.url}/catfact", timeout=60)
    assert [entry.outcome for entry in await room.journal()] == ["dropped", "dropped"]


@pytest.mark.asyncio
async def test_even_an_empty_answer_can_be_dropped(room: Room, client: Any) -> None:
    await room.faults(drop=True, status=204)
    with pytest.raises(httpx.RemoteProtocolError):
        await client.get("/catfact")


@pytest.mark.asyncio
async def test_a_slow_body_runs_into_a_read_timeout(room: Room, client: Any) -> None:
    await room.faults(slow_body=FOREVER)
    with pytest.raises(httpx.ReadTimeout):
        await client.get("/catfact", timeout=httpx.Timeout(60, read=0.05))


@pytest.mark.asyncio
async def test_a_slow_body_starts_at_once_and_may_be_left_alone(room: Room, client: Any) -> None:
    await room.faults(slow_body=FOREVER)
    async with client.stream("GET", "/catfact") as response:
        assert response.status_code == 200
        assert (await anext(response.aiter_raw())).startswith(b'{"data"')
    assert await room.idle(timeout=60)
    assert (await only_entry(room)).outcome == "cancelled"


@pytest.mark.asyncio
async def test_a_slow_body_arrives_whole(room: Room, client: Any) -> None:
    await room.faults(slow_body=0.001)
    assert (await client.get("/catfact")).json()["data"]
    assert (await only_entry(room)).outcome == "answered"


@pytest.mark.asyncio
async def test_latency_runs_into_a_read_timeout(room: Room, client: Any) -> None:
    await room.faults(latency=FOREVER)
    with pytest.raises(httpx.ReadTimeout):
        await client.get("/catfact", timeout=httpx.Timeout(60, read=0.05))
    with pytest.raises(requests.ReadTimeout):
        await asyncio.to_thread(requests.get, f"{room.url}/catfact", timeout=(60, 0.05))


@pytest.mark.asyncio
async def test_a_malformed_answer_is_no_json(room: Room, client: Any) -> None:
    await room.faults(malformed=True)
    response = await client.post("/upload", files=file())
    assert response.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        response.json()
    assert (await only_entry(room)).outcome == "malformed"


@pytest.mark.asyncio
async def test_status_false_says_so_in_the_body(room: Room, client: Any) -> None:
    await room.faults(status_false=True)
    response = await client.post("/upload", files=file())
    assert response.status_code == 200
    reason(response)


@pytest.mark.asyncio
async def test_a_status_below_400_keeps_the_body_and_one_above_says_no(
    room: Room, client: Any
) -> None:
    await room.faults(status=202)
    kept = await client.post("/upload", files=file())
    await room.faults(status=503)
    lost = await client.post("/upload", files=file())
    assert (kept.status_code, kept.json()["status"]) == (202, True)
    assert lost.status_code == 503
    reason(lost)
    assert [entry.status for entry in await room.journal()] == [202, 503]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"drop": True}, {"refuse": True}, {"malformed": True}]
)
async def test_a_fault_for_one_request_heals_itself(
    room: Room, client: Any, control: Any, fault: dict[str, Any]
) -> None:
    await room.faults(times=1, **fault)
    try:
        first: httpx.Response | None = await client.get("/catfact")
    except httpx.TransportError:
        first = None
    second = await client.get("/catfact")
    assert first is None or first.status_code == 500 or not first.text.endswith("}")
    assert (second.status_code, second.json().keys()) == (200, {"data"})
    faults = (await control.get(f"/rooms/{room.name}/faults")).json()
    assert faults == (await control.delete(f"/rooms/{room.name}/faults")).json()


@pytest.mark.asyncio
async def test_a_fault_of_one_path_leaves_the_other_alone(room: Room, client: Any) -> None:
    await room.faults(status=500, path="/upload", times=1)
    assert (await client.get("/catfact")).status_code == 200
    assert (await client.post("/upload", files=file())).status_code == 500


@pytest.mark.asyncio
async def test_new_faults_replace_old_ones(room: Room, client: Any) -> None:
    await room.faults(status=500)
    await room.faults(malformed=True)
    assert (await client.get("/catfact")).status_code == 200


BAD_FAULTS = [
    (b"{", "not JSON"),
    (b"\xff", "not JSON"),
    (b"", "not JSON"),
    (b"[" * 100_000, "not JSON"),
    (b"[]", "JSON object"),
    (b"null", "JSON object"),
    (b'{"latancy": 1}', "latancy"),
    (b'{"latency": "1"}', "latency"),
    (b'{"latency": true}', "latency"),
    (b'{"latency": -1}', "latency"),
    (b'{"latency": NaN}', "latency"),
    (b'{"latency": 1e400}', "latency"),
    (b'{"slow_body": 601}', "slow_body"),
    (b'{"status": 99}', "status"),
    (b'{"status": 500.0}', "status"),
    (b'{"status": true}', "status"),
    (b'{"refuse": 1}', "refuse"),
    (b'{"drop": null}', "drop"),
    (b'{"times": 0}', "times"),
    (b'{"path": "/other"}', "path"),
    (b'{"path": []}', "path"),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(("body", "words"), BAD_FAULTS)
async def test_malformed_faults_are_refused_with_a_reason_and_change_nothing(
    room: Room, control: Any, body: bytes, words: str
) -> None:
    await room.faults(status=418)
    response = await control.put(f"/rooms/{room.name}/faults", content=body)
    assert response.status_code == 400
    assert words in reason(response)
    assert (await control.get(f"/rooms/{room.name}/faults")).json()["status"] == 418


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"hold": 1},
        {"release": -1},
        {"release": True},
        {"hold": True, "release": 1},
        {"x": 1},
    ],
)
async def test_a_malformed_gate_is_refused_with_a_reason(control: Any, body: object) -> None:
    response = await control.put("/rooms/gates/gate", json=body)
    assert response.status_code == 400
    reason(response)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "query",
    ["in_flight=x", "in_flight=-1", "timeout=x", "timeout=-1", "timeout=inf", "timeout=nan"],
)
async def test_a_malformed_question_to_a_gate_is_refused(control: Any, query: str) -> None:
    response = await control.get(f"/rooms/gates/gate?{query}")
    assert response.status_code == 400
    reason(response)


@pytest.mark.asyncio
async def test_a_control_body_of_megabytes_is_refused(control: Any) -> None:
    response = await control.put("/rooms/a/faults", content=b" " * 3_000_000)
    assert response.status_code == 413
    reason(response)


@pytest.mark.asyncio
async def test_the_python_api_passes_the_reason_on(services: str, room: Room) -> None:
    with pytest.raises(ServicesError, match="no fault called 'latancy'"):
        await room.faults(latancy=1)
    with pytest.raises(ServicesError, match="name of a room"):
        await open_room("a b", url=services)
    with pytest.raises(ServicesError, match="'status' must be"):
        await open_room(url=services, status=1)


# Gates


@pytest.mark.asyncio
async def test_a_gate_lets_the_oldest_through_and_goes_on_holding(room: Room, client: Any) -> None:
    await room.hold()
    tasks = []
    for number in range(1, 5):
        tasks.append(asyncio.create_task(client.get("/catfact")))
        assert await room.in_flight(number, timeout=60)
    await room.release(2)
    await asyncio.gather(*tasks[:2])
    assert [entry.in_flight for entry in await room.journal()] == [False, False, True, True]
    assert await room.in_flight(2, timeout=0)
    assert not await room.in_flight(3, timeout=0)
    await room.release()
    await asyncio.gather(*tasks)
    held = asyncio.create_task(client.get("/catfact"))
    assert await room.in_flight(1, timeout=60)
    await room.open_gate()
    await held
    assert (await client.get("/catfact")).status_code == 200
    assert await room.most_in_flight() == 4


@pytest.mark.asyncio
async def test_a_held_upload_has_arrived_whole(room: Room, client: Any) -> None:
    await room.hold()
    task = asyncio.create_task(client.post("/upload", files=file(b"x" * LIMIT)))
    assert await room.in_flight(1, timeout=60)
    entry = await only_entry(room)
    assert (entry.outcome, entry.end, entry.size) == ("in flight", None, LIMIT)
    await room.open_gate()
    assert (await task).status_code == 200


@pytest.mark.asyncio
async def test_waiting_for_requests_that_never_come_ends(room: Room) -> None:
    await room.hold()
    assert await room.in_flight(1, timeout=0.01) is False


@pytest.mark.asyncio
async def test_no_arrival_is_missed_however_close_to_the_question(room: Room, client: Any) -> None:
    await room.hold()
    for _ in range(50):
        first, reached = await asyncio.gather(
            _cancel_once_held(room, client), room.in_flight(1, timeout=60)
        )
        assert first
        assert reached
        assert await room.idle(timeout=60)


async def _cancel_once_held(room: Room, client: httpx.AsyncClient) -> bool:
    task = asyncio.create_task(client.get("/catfact"))
    reached = await room.in_flight(1, timeout=60)
    await room.release()
    await task
    return reached


@pytest.mark.asyncio
async def test_a_moment_counts_even_when_it_has_passed_before_the_answer() -> None:
    room = RoomState("a", Limits(), "127.0.0.1")
    watching = asyncio.create_task(room.watch(lambda: room.gate.held >= 3, 5.0))
    room.gate.hold()
    requests_held = [asyncio.create_task(room.gate.pass_through()) for _ in range(3)]
    await asyncio.sleep(0)
    assert room.gate.held == 3
    room.gate.release()  # in the same turn of the loop: the watcher has not run yet
    assert not watching.done()
    assert (await watching)["reached"] is True
    await asyncio.gather(*requests_held)


@pytest.mark.asyncio
async def test_deleting_a_room_lets_go_whatever_it_holds(services: str) -> None:
    room = await open_room(url=services, slow_body=FOREVER, path="/catfact")
    async with (
        room.client(timeout=60) as client,
        client.stream("GET", "/catfact") as slow,
    ):
        await room.hold()
        held = asyncio.create_task(client.post("/upload", files=file()))
        assert await room.in_flight(1, timeout=60)
        await room.close()
        assert (await held).status_code == 200
        assert json.loads(await slow.aread())["data"]


@pytest.mark.asyncio
async def test_pauses_and_questions_end_with_the_room() -> None:
    room = RoomState("a", Limits(), "127.0.0.1")
    waiting = asyncio.create_task(room.pause(FOREVER))
    watching = asyncio.create_task(room.watch(lambda: False, FOREVER))
    await asyncio.sleep(0)
    room.close()
    async with asyncio.timeout(60):
        await waiting
        assert (await watching)["reached"] is False


# Clients that go away


def test_the_first_end_of_a_request_stays() -> None:
    journal = Journal(10, changed=lambda: None)
    entry_id = journal.begin("GET", "/catfact", key_ok=True, agent="")
    journal.finish(entry_id, "answered", 200, key_ok=True)
    journal.finish(entry_id, "cancelled", None, key_ok=True)
    assert [(entry.outcome, entry.status) for entry in journal.entries] == [("answered", 200)]
    assert journal.in_flight == 0


@pytest.mark.asyncio
async def test_a_cancelled_request_is_journalled_as_such(room: Room, client: Any) -> None:
    await room.hold()
    task = asyncio.create_task(client.post("/upload", files=file()))
    assert await room.in_flight(1, timeout=60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await room.idle(timeout=60)
    entry = await only_entry(room)
    assert (entry.outcome, entry.status) == ("cancelled", None)
    assert entry.end is not None
    assert not await room.in_flight(1, timeout=0)
    await room.open_gate()
    assert (await client.get("/catfact")).status_code == 200


@pytest.mark.asyncio
async def test_an_upload_that_breaks_off_is_cancelled(room: Room) -> None:
    url = httpx.URL(room.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = [f"POST {url.path}/upload HTTP/1.1", "Content-Length: 1000", "Expect: 100-continue"]
    head += [f"Host: {url.host}", "Content-Type: multipart/form-data; boundary=b", "", "--b", ""]
    writer.write("\r\n".join(head).encode())
    assert (await reader.readline()).startswith(b"HTTP/1.1 100")
    writer.close()
    await writer.wait_closed()
    assert await room.idle(timeout=60)
    assert (await only_entry(room)).outcome == "cancelled"


@pytest.mark.asyncio
async def test_idle_waits_for_what_is_in_flight(room: Room, client: Any) -> None:
    assert await room.idle(timeout=0)
    await room.hold()
    task = asyncio.create_task(client.get("/catfact"))
    assert await room.in_flight(1, timeout=60)
    assert not await room.idle(timeout=0)
    waiting = asyncio.create_task(room.idle(timeout=60))
    await room.open_gate()
    assert await waiting
    await task


@pytest.mark.asyncio
async def test_a_client_that_limits_itself_never_has_more_in_flight(
    room: Room, client: Any
) -> None:
    five = asyncio.Semaphore(5)

    async def ask() -> None:
        async with five:
            await client.get("/catfact")

    await room.hold()
    asking = asyncio.gather(*(ask() for _ in range(20)))
    assert await room.in_flight(5, timeout=60)
    await room.open_gate()
    await asking
    assert await room.most_in_flight() == 5
    await room.clear()
    assert await room.most_in_flight() == 0
    assert await room.journal() == []


@pytest.mark.asyncio
async def test_clearing_keeps_count_of_what_is_in_flight(room: Room, client: Any) -> None:
    await room.hold()
    task = asyncio.create_task(client.get("/catfact"))
    assert await room.in_flight(1, timeout=60)
    await room.clear()
    assert await room.most_in_flight() == 1
    await room.open_gate()
    await task
    assert await room.idle(timeout=0)
    assert await room.journal() == []


# The live page


@pytest.mark.asyncio
async def test_the_live_page_shows_rooms_and_escapes_what_it_shows(
    services: str, control: Any
) -> None:
    nasty = '<script>alert("1")</script>'
    wall = await open_room("on-the-wall", url=services, latency=0.001)
    async with wall, wall.client() as client:
        await client.post("/upload", files=file(name=nasty))
        await client.get(f"/{nasty}")
    for path in ("/", "/live"):
        response = await control.get(path)
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert "on-the-wall" in response.text
        assert "latency 0.001" in response.text
        assert "<script>alert" not in response.text
        assert "&lt;script&gt;alert" in response.text


@pytest.mark.asyncio
async def test_the_live_page_asks_nobody_else() -> None:
    with serving() as url:
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            text = (await client.get("/")).text
            assert "No room has been used yet" in text
            assert "//" not in text.replace("<!doctype html>", "")


# Starting, stopping, finding


def test_a_server_stops_at_once_whatever_is_going_on(recwarn: pytest.WarningsRecorder) -> None:
    before = threading.active_count()
    with ThreadPoolExecutor() as pool, ExitStack() as server:
        url = server.enter_context(serving())
        slow = {"faults": {"slow_body": FOREVER}}
        requests.put(f"{url}/rooms/slow", json=slow, timeout=60)
        requests.put(f"{url}/rooms/held/gate", json={"hold": True}, timeout=60)
        streamed = requests.get(f"{url}/rooms/slow/catfact", timeout=60, stream=True)
        held = pool.submit(requests.get, f"{url}/rooms/held/catfact", timeout=60)
        query = {"in_flight": 1, "timeout": 60}
        gate = requests.get(f"{url}/rooms/held/gate", params=query, timeout=60)
        assert gate.json()["reached"]
        server.close()
        assert held.result().status_code == 200
        assert streamed.json()["data"]
        with pytest.raises(requests.ConnectionError):
            requests.get(url, timeout=60)
    assert threading.active_count() == before
    assert not recwarn.list


def test_a_taken_port_is_said_in_a_sentence() -> None:
    with serving() as url:
        port = int(url.rpartition(":")[2])
        with pytest.raises(ServicesError, match=f"port {port}: Address already in use"):
            serving(port=port).__enter__()


def test_an_impossible_host_or_port_is_said_in_a_sentence() -> None:
    with pytest.raises(ServicesError, match=r"cannot listen at 192\.0\.2\.1"):
        serving(host="192.0.2.1").__enter__()  # an address for documentation: nobody has it
    with pytest.raises(ServicesError, match="no port 70000"):
        serving(port=70_000).__enter__()
    with pytest.raises(ServicesError, match="no port 70000"):
        asyncio.run(serve(port=70_000))


@pytest.mark.asyncio
async def test_serve_takes_the_next_port_and_announces_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        announced: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(serve("127.0.0.1", port, announced.set_result))
        either: set[asyncio.Future[Any]] = {announced, task}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        url = announced.result()
        assert int(url.rpartition(":")[2]) in range(port + 1, port + 100)
        async with await open_room(url=url) as room, room.client() as client:
            assert (await client.get("/catfact")).status_code == 200
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(ServicesError, match="No workshop services answer"):
            await open_room(url=url)


@pytest.mark.asyncio
async def test_workshop_url_points_rooms_elsewhere(
    services: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKSHOP_URL", f"{services}/")
    assert services_url() == services
    async with await open_room() as room:
        assert room.url == f"{services}/rooms/{room.name}"


@pytest.mark.asyncio
async def test_a_wrong_workshop_url_is_said_in_a_sentence(
    services: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKSHOP_URL", "localhost:80")
    with pytest.raises(ServicesError, match="WORKSHOP_URL is 'localhost:80'"):
        await open_room()
    monkeypatch.setenv("WORKSHOP_URL", f"{services}/nothing")
    with pytest.raises(ServicesError, match="nothing at /nothing/rooms"):
        await open_room()


@pytest.mark.asyncio
async def test_a_server_that_is_not_the_workshops_is_said_in_a_sentence() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Silent) as other:
        thread = threading.Thread(target=other.serve_forever, args=(0.01,))
        thread.start()
        try:
            with pytest.raises(ServicesError, match=r"No workshop services answer .*no JSON"):
                await open_room(url=f"http://127.0.0.1:{other.server_port}")
        finally:
            await asyncio.to_thread(other.shutdown)
            thread.join()


class _Silent(BaseHTTPRequestHandler):
    """Answers every PUT with 501 and a page."""

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_a_process_has_services_of_its_own_and_stops_them() -> None:
    code = """
import asyncio, os
from workshop.services import open_room, services_url
async def main():
    async with await open_room() as room, room.client() as client:
        assert (await client.get("/catfact")).status_code == 200
asyncio.run(main())
asyncio.run(main())
print(services_url() == services_url())
"""
    assert _python(code) == "True\n"


def test_importing_the_package_loads_neither_server_nor_client() -> None:
    code = """
import sys, workshop.services
print(sorted({"aiohttp", "httpx", "requests", "pytest"} & set(sys.modules)))
"""
    assert _python(code) == "[]\n"


def _python(code: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "WORKSHOP_URL"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


def test_a_room_that_nobody_closes_makes_no_noise() -> None:
    printed = _python(
        "import asyncio\n"
        "from workshop.services import open_room\n"
        "async def main():\n"
        "    kept = await open_room()\n"
        "    lost = await open_room()\n"
        "    await lost.journal()\n"
        "    del lost\n"
        "    await kept.journal()\n"
        "asyncio.run(main())\n"
    )
    assert printed == ""  # nor is anything on stderr, sees `_python`


@pytest.mark.asyncio
async def test_a_locked_rooms_own_client_cannot_reach_its_controls() -> None:
    async with await open_room(key="secret") as room, room.client() as client:
        await room.hold()
        answer = await client.put("/gate", json={"hold": False})

        assert answer.status_code == 404
        assert (await room.journal())[-1].outcome == "rejected"
        assert (await room._ask("GET", "/gate"))["holding"] is True
