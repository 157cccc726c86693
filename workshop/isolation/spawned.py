"""A learner's process that was started and not forked: it gets ready, and waits for its test."""

from __future__ import annotations

import os
import sys


def _main() -> None:
    from workshop.isolation import job, walls
    from workshop.isolation.loopback import SocketWire, go_to
    from workshop.isolation.wire import WireError
    from workshop.isolation.zygote import forget_the_kit, import_what_is_used

    walls.die_with_parent()
    job.hold_what_is_started()
    wire = SocketWire(go_to(sys.stdin.buffer.readline()))
    import_what_is_used()

    from workshop.isolation import learner

    try:
        request = wire.receive()
    except WireError:  # nobody needs it
        return
    home = request["home"]
    os.chdir(home)
    os.environ.update(dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"), home))
    forget_the_kit()
    learner.main(wire, request, forked=False)


if __name__ == "__main__":
    status = 70
    try:
        _main()
        status = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(status)
