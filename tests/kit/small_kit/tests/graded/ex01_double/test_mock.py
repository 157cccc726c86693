"""Way three: a mock."""

import pytest
from ex01_double import double


@pytest.mark.asyncio
async def test_doubles_a_number():
    """Twice the number comes back."""
    assert await double(21) == 42, "42"


@pytest.mark.asyncio
async def test_doubles_what_is_below_zero():
    """It may be below zero."""
    assert await double(-2) == -4, "-4"
