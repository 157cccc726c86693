"""exercise: ex03_save
Brings modules along that bear the names of those which everybody imports.
"""

import asyncio
import json
import uuid

import httpx

import workshop
import workshop.isolation.wire

for module in (asyncio, json, uuid, httpx, workshop, workshop.isolation.wire):
    if hasattr(module, "SHADOW"):
        print("breach:", module.__name__, flush=True)


async def save_to_disk(directory):
    raise OSError("nothing saved")
