"""exercise: ex02_upload
Answers with thousands of errors, each of a kind of its own that the test has to make.
"""

import os
import struct

from attacker import wires

KINDS = b"".join(b',["e",["Kind%d"],""]' % number for number in range(30_000))


async def upload_file(client, file_name):
    answer = b'{"op":"done","id":%d,"blocked":[],"strangers":0,"value":["l"' + KINDS + b"]}"
    for number in (1, 2):
        data = answer % number
        data = memoryview(struct.pack(">I", len(data)) + data)
        for fd in list(wires())[:1]:
            while data:
                data = data[os.write(fd, data) :]
    raise OSError("nothing sent")
