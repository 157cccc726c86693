"""Way two: async fixtures. What a test needs is built, and cleaned up, outside of it.

`@pytest_asyncio.fixture` runs the lines before `yield` ahead of the test, and those after it when
the test has ended, however it ended. The tests shrink to what they say.
"""

from __future__ import annotations

import asyncio
import hashlib

import pytest
import pytest_asyncio
from ex02_upload import upload_file

from workshop.proof import (
    Impatience,
    an_hour_passes,
    beat,
    blocking_calls,
    eventually,
    files_left_open,
    held,
    open_room,
    requests_of,
    tasks_left,
)

FAULTS = {
    "status 500": {"status": 500},
    "a body that says no": {"status_false": True},
    "a refused connection": {"refuse": True},
}
"""Ways in which a room lets an upload fail."""


@pytest.fixture
def impatience():
    """The hook of one test's impatient client."""
    return Impatience()


@pytest_asyncio.fixture
async def room():
    """A room of the real server for one test, gone afterwards."""
    async with open_room() as room:
        yield room


@pytest_asyncio.fixture
async def client(room):
    """The client that is passed to the code under test, closed afterwards."""
    async with room.client() as client:
        yield client


@pytest_asyncio.fixture
async def impatient_client(room, impatience):
    """A client whose network always times out after 50 ms, in a room that holds every request."""
    await room.hold()
    async with room.client(event_hooks={"request": [impatience]}) as client:
        yield client


@pytest_asyncio.fixture
async def patient_client(room):
    """A client of the room that waits for ever."""
    async with room.client(timeout=None) as client:
        yield client


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("wrong-request")
async def test_posts_the_file_as_multipart_field_file(room, client, sample):
    """One POST to /upload arrives, with the file's bytes in the field `file`."""
    await upload_file(client, sample)

    journal = await requests_of(room)
    requests = [(entry.method, entry.path) for entry in journal]
    assert requests == [("POST", "/upload")], f"one POST to /upload; what arrived: {requests}"
    assert journal[0].field == "file", "the file in the multipart field `file`"
    digest = hashlib.sha256(sample.read_bytes()).hexdigest()
    assert journal[0].sha256 == digest, "the bytes of the file, all of them and unchanged"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("wrong-shape")
async def test_returns_the_servers_answer(room, client, sample):
    """The JSON that the server answers, decoded, is returned."""
    answer = await upload_file(client, sample)

    outcomes = [entry.outcome for entry in await requests_of(room)]
    assert outcomes == ["answered"], "[wrong-request] one request that the server accepts"
    assert isinstance(answer, dict), "a dict: the server's answer, decoded from JSON"
    assert answer.get("status") is True, "the whole answer, with its `status`"
    size = answer["data"]["file"]["metadata"]["size"]
    assert size == sample.stat().st_size, "the whole answer, as the server gave it"


@pytest.mark.asyncio
@pytest.mark.misconception("wrong-request")
async def test_accepts_a_file_name_as_text(room, client, sample):
    """A file name given as str works like one given as Path."""
    answer = await upload_file(client, str(sample))

    assert await requests_of(room), "a request through the client, for a file name given as str"
    assert answer is not None, "the server's answer, for a file name given as str"


@pytest.mark.asyncio
@pytest.mark.misconception("ok-means-200")
async def test_accepts_status_201(room, client, sample):
    """Status 201 is a success, as 200 is."""
    await room.faults(status=201)

    answer = await upload_file(client, sample)

    assert await requests_of(room), (
        "[wrong-request] a request through the client that was passed in"
    )
    assert answer is not None, "the server's answer: status 201 is a success too"


@pytest.mark.asyncio
@pytest.mark.misconception("status-code-is-enough")
async def test_gives_none_for_any_other_status(room, client, sample):
    """Any status but 200 and 201 gives None."""
    for status in (202, 204, 206, 307, 400, 404, 500, 503):
        await room.faults(status=status, malformed=status >= 500)  # error pages are seldom JSON

        answer = await upload_file(client, sample)

        assert await requests_of(room), (
            "[wrong-request] a request through the client that was passed in"
        )
        assert not answer, f"None, because the status was {status}"
        assert answer is None, "[wrong-shape] None, and nothing else that is empty"


@pytest.mark.asyncio
@pytest.mark.misconception("status-code-is-enough")
async def test_gives_none_when_the_body_does_not_say_true(room, client, sample):
    """A body whose `status` is not true gives None, even when the status code is 200."""
    await room.faults(status_false=True)

    answer = await upload_file(client, sample)

    assert await requests_of(room), (
        "[wrong-request] a request through the client that was passed in"
    )
    assert not answer, "None, because the body's `status` was not true"
    assert answer is None, "[wrong-shape] None, and nothing else that is empty"


@pytest.mark.asyncio
@pytest.mark.misconception("error-escapes")
async def test_gives_none_when_the_connection_fails(room, client, sample):
    """A refused or a lost connection gives None."""
    await room.faults(refuse=True)
    assert await upload_file(client, sample) is None, (
        "[wrong-shape] None: the connection was refused"
    )

    await room.faults(drop=True)
    assert await upload_file(client, sample) is None, "[wrong-shape] None: the connection was lost"

    assert len(await requests_of(room)) >= 2, (
        "[wrong-request] two requests through the client that was passed in"
    )


@pytest.mark.asyncio
@pytest.mark.misconception("error-escapes")
async def test_gives_none_when_the_server_times_out(
    room, impatient_client, impatience, patient_client, sample
):
    """A server that does not answer in time gives None."""
    answer = await upload_file(impatient_client, sample)

    assert impatience.requests, "[wrong-request] a request through the client that was passed in"
    assert answer is None, "[wrong-shape] None: the server did not answer in time"

    upload = asyncio.create_task(upload_file(patient_client, sample))
    await held(room, 1)
    await an_hour_passes()  # for code that sets a time limit of its own
    await eventually(upload.done, beats=10)
    await room.open_gate()
    late = await upload
    assert late is None or late["status"] is True, "[wrong-shape] None, or the answer if you wait"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("silent-error")
async def test_logs_each_failure_at_error(
    room, client, impatient_client, impatience, sample, errors_logged
):
    """A wrong status, a body that says no, a lost connection and a time-out: each is logged."""
    await upload_file(impatient_client, sample)
    assert impatience.requests, "[wrong-request] a request through the client that was passed in"
    assert errors_logged(), "a log record at ERROR for a time-out"

    await room.open_gate()
    for failure, fault in FAULTS.items():
        await room.faults(**fault)
        await upload_file(client, sample)
        assert errors_logged(), f"a log record at ERROR for {failure}"

    assert await blocking_calls() == [], (
        "[async-unblocks] no call that holds the event loop's thread"
    )


@pytest.mark.asyncio
@pytest.mark.misconception("swallowed-green")
async def test_raises_for_a_missing_file(room, client, sample, tmp_path):
    """A file that is not there raises FileNotFoundError; one that is there is sent."""
    await upload_file(client, sample)
    requests = await requests_of(room)
    with pytest.raises(FileNotFoundError):
        await upload_file(client, tmp_path / "missing.txt")

    assert requests, "[wrong-request] a request for the file that is there"


@pytest.mark.asyncio
@pytest.mark.misconception("leaked-resource")
async def test_closes_the_file(room, client, sample):
    """The file is closed after a success, and after every kind of failure."""
    for ending, fault in {"a success": {}, **FAULTS}.items():
        await room.faults(**fault)

        answer = await upload_file(client, sample)

        assert (answer is None) == bool(fault), (
            "[wrong-shape] the server's answer, or None after a failure"
        )
        assert await files_left_open() == [], f"every file closed after {ending}"


@pytest.mark.asyncio
@pytest.mark.points(2)
@pytest.mark.misconception("async-unblocks")
async def test_leaves_the_event_loop_free(room, client, sample):
    """While the server keeps the upload waiting, the event loop goes on answering."""
    await room.hold()

    upload = asyncio.create_task(upload_file(client, sample))
    arrived = await held(room, 1)
    await beat()
    await room.open_gate()
    answer = await upload

    assert arrived, "[wrong-request] the upload waiting at the server while the event loop runs"
    assert answer is not None, "[wrong-shape] the server's answer, once it came"
    assert await blocking_calls() == [], "no call that holds the event loop's thread"


@pytest.mark.asyncio
@pytest.mark.misconception("await-in-a-row")
async def test_uploads_run_together(room, client, sample):
    """Three uploads started together are at the server together."""
    await room.hold()

    uploads = [asyncio.create_task(upload_file(client, sample)) for _ in range(3)]
    together = await held(room, 3)
    await room.open_gate()
    answers = await asyncio.gather(*uploads)

    assert await requests_of(room), (
        "[wrong-request] a request through the client that was passed in"
    )
    assert together, "three uploads at the server at the same time"
    assert None not in answers, "[wrong-shape] the server's answer for each"


@pytest.mark.asyncio
@pytest.mark.misconception("fire-and-forget")
async def test_returns_only_when_the_upload_is_done(room, client, sample):
    """The call returns when the answer is there, and leaves no task running."""
    await room.hold()

    upload = asyncio.create_task(upload_file(client, sample))
    arrived = await held(room, 1)
    early = await eventually(upload.done, beats=20)
    await room.open_gate()
    answer = await upload
    left = await tasks_left()

    assert left == [], "no task left running after the call"
    assert arrived, "[wrong-request] a request through the client that was passed in"
    assert not early, "the call to wait for the server's answer"
    assert answer is not None, "[wrong-shape] the server's answer, once it came"


@pytest.mark.asyncio
@pytest.mark.misconception("closes-what-it-was-given")
async def test_leaves_the_client_open(room, client, sample):
    """The client is the caller's: a second upload through it works as the first did."""
    first = await upload_file(client, sample)
    second = await upload_file(client, sample)

    requests = await requests_of(room)
    assert len(requests) >= 2, "[wrong-request] a request for each upload, through the same client"
    assert first is not None, "[wrong-shape] the server's answer to the first upload"
    assert second is not None, "the server's answer to a second upload with the same client"
