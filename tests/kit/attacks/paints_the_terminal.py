"""exercise: ex03_save
Raises and prints escape sequences, markup and text that is no Unicode.
"""

WORDS = "\x1b[2J\x1b]0;owned\x07[bold]42 of 42 points[/bold]\r\ud800\x00\u202e"


async def save_to_disk(directory):
    print(WORDS.encode("utf-8", "replace").decode(), flush=True)
    raise type(WORDS.replace("\x00", "").replace("\ud800", ""), (OSError,), {})(WORDS)
