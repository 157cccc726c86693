"""How pytest runs the tests that learners write, in a cell and where they are marked."""

SETTINGS = """\
[pytest]
asyncio_mode = strict
asyncio_default_fixture_loop_scope = function
"""
"""A `pytest.ini`. The second line is pytest-asyncio's default; unset, each run warns of it."""
