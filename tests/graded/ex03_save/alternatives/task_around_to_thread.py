"""to_thread in a task that is awaited; a decorator sends a function to a thread."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def save_to_disk_blocking(directory: str | Path) -> bool:
    record = {"Value": str(uuid.uuid4()), "Time": datetime.now(UTC).isoformat()}
    path = Path(directory) / f"{uuid.uuid4()}.json"
    with path.open("w", encoding="utf-8") as file:
        json.dump(record, file, indent=4)
    return True


def in_a_thread(function: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    @wraps(function)
    async def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.to_thread(function, *args, **kwargs)

    return wrapper


save = in_a_thread(save_to_disk_blocking)


async def save_to_disk(directory: str | Path) -> bool:
    return await asyncio.create_task(save(directory))
