"""The given blocking version and our async answer give equal results against equal servers."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from workshop.services import Room, open_room

SOLUTIONS = Path(__file__).parents[2] / "solutions"
SERVERS: dict[str, dict[str, Any]] = {
    "well": {},
    "201": {"status": 201},
    "202": {"status": 202},
    "404": {"status": 404},
    "500": {"status": 500},
    "no": {"status_false": True},
    "refused": {"refuse": True},
    "dropped": {"drop": True},
    "error page": {"status": 503, "malformed": True},
}
each_server = pytest.mark.parametrize("faults", SERVERS.values(), ids=SERVERS)


@pytest.fixture(scope="module", autouse=True)
def solutions() -> Iterator[None]:
    """Our answers can be imported, and are forgotten afterwards."""
    sys.path.insert(0, str(SOLUTIONS))
    yield
    sys.path.remove(str(SOLUTIONS))
    for name in [name for name in sys.modules if name.startswith("ex0")]:
        del sys.modules[name]


def solution(name: str) -> ModuleType:
    return importlib.import_module(name)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.bin"
    path.write_bytes(bytes(range(256)) * 20)
    return path


async def requests_in(room: Room) -> list[tuple[object, ...]]:
    """What the server saw, without the clock and the names of the libraries."""
    return [
        (entry.method, entry.path, entry.field, entry.sha256, entry.outcome)
        for entry in await room.journal()
    ]


@pytest.mark.asyncio
@each_server
async def test_uploads_are_equal(faults, photo, caplog):
    module = solution("ex02_upload")
    async with await open_room(**faults) as room:
        url = room.url
        blocking = await asyncio.to_thread(module.upload_file_blocking, url, photo)
        errors = [record.levelname for record in caplog.records]
        seen = await requests_in(room)
    caplog.clear()
    async with await open_room(**faults) as room, room.client() as client:
        answer = await module.upload_file(client, photo)
        assert await requests_in(room) == seen

    assert _without_place(answer) == _without_place(blocking)
    assert [record.levelname for record in caplog.records if record.name != "httpx"] == errors


def _without_place(answer: dict[str, Any] | None) -> object:
    # The address in an answer names the room, of which each version has its own.
    return answer and {**answer["data"]["file"]["metadata"], "status": answer["status"]}


@pytest.mark.asyncio
@each_server
async def test_cat_facts_are_equal(faults):
    module = solution("ex04_cat_fact")
    async with await open_room(**faults) as room:
        cat_fact = module.CatFactBlocking(room.url)
        blocking = [await asyncio.to_thread(cat_fact.get_cat_fact) for _ in range(2)]
    async with await open_room(**faults) as room, room.client() as client:
        cat_fact = module.CatFact(client)
        answers = [await cat_fact.get_cat_fact() for _ in range(2)]

    assert answers == blocking


@pytest.mark.asyncio
async def test_a_missing_file_is_equal(tmp_path):
    module = solution("ex02_upload")
    async with await open_room() as room, room.client() as client:
        with pytest.raises(FileNotFoundError):
            module.upload_file_blocking(room.url, tmp_path / "missing")
        with pytest.raises(FileNotFoundError):
            await module.upload_file(client, tmp_path / "missing")
        assert await room.journal() == []


@pytest.mark.asyncio
async def test_saves_are_equal(tmp_path):
    module = solution("ex03_save")

    assert module.save_to_disk_blocking(tmp_path) is await module.save_to_disk(tmp_path) is True

    texts = [path.read_text("utf-8") for path in tmp_path.iterdir()]
    assert len(texts) == 2
    assert {tuple(json.loads(text)) for text in texts} == {("Value", "Time")}
    assert all(text == json.dumps(json.loads(text), indent=4) for text in texts)
    with pytest.raises(FileNotFoundError):
        module.save_to_disk_blocking(tmp_path / "missing")


@pytest.mark.asyncio
@each_server
async def test_both_together_are_equal(faults, photo, tmp_path):
    module = solution("ex05_together")
    folder = tmp_path / "saved"
    folder.mkdir()
    async with await open_room(**faults) as room:
        blocking = await asyncio.to_thread(module.upload_and_save_blocking, room.url, photo, folder)
    async with await open_room(**faults) as room, room.client() as client:
        both = await module.upload_and_save(client, photo, folder)

    assert (_without_place(both[0]), both[1]) == (_without_place(blocking[0]), blocking[1])
    assert len(list(folder.iterdir())) == 2


@pytest.mark.asyncio
async def test_facts_are_equal():
    module = solution("ex01_event_loop")
    names = ["otter", "ant", "otter"]

    def fetch_blocking(name: str) -> dict[str, str]:
        return {"name": name, "fact": f"a fact about {name}"}

    async def fetch(name: str) -> dict[str, str]:
        return fetch_blocking(name)

    blocking = module.facts_blocking(fetch_blocking, names)
    assert await module.facts_in_a_row(fetch, names) == blocking
    assert await module.facts_at_once(fetch, names) == blocking
    assert await module.one_fact(fetch, "ant") == module.one_fact_blocking(fetch_blocking, "ant")
