"""What the services answer when nothing is wrong: the shapes of the public APIs."""

from __future__ import annotations

from typing import Any

from yarl import URL

from ._upload import Received

FACTS = (
    "A cat's whiskers are about as wide as its body, so it knows which gaps it fits through.",
    "Cats sleep for more than half of the day.",
    "A group of kittens born together is called a litter.",
    "Cats walk by moving both right legs, then both left legs, as camels and giraffes do.",
    "Most cats have eighteen toes: five on each front paw and four on each back paw.",
    "Cats cannot taste sweetness.",
    "A cat's nose print is unique, as a human fingerprint is.",
    "Adult cats meow mostly at people, seldom at one another.",
    "Nearly all orange tabby cats are male, about four in five.",
    "A cat can turn each ear on its own, through half a circle.",
    "Cats see well in light six times dimmer than people need.",
    "Kittens are born with blue eyes; the adult colour comes weeks later.",
)


def file_answer(received: Received, services: URL) -> dict[str, Any]:
    """The answer to an upload. The id comes from the content, so that equal uploads to two
    rooms get equal answers."""
    file_id = received.sha256[:12]
    metadata = {
        "id": file_id,
        "name": received.file_name,
        "size": received.size,
        "sha256": received.sha256,
    }
    return {
        "status": True,
        "data": {"file": {"url": str(services / "files" / file_id), "metadata": metadata}},
    }


def fact_answer(number: int) -> dict[str, Any]:
    """The answer to the `number`th question for a cat fact, counted from 0."""
    return {"data": [FACTS[number % len(FACTS)]]}


def error_answer(message: str) -> dict[str, Any]:
    """The answer that says no. `message` is a sentence."""
    return {"status": False, "error": {"message": message}}
