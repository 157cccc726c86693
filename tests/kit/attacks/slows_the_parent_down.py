"""exercise: ex03_save
Sets its parent's processors and priority, which asks for no signal.
"""

import os


def attempt(what, function, *args):
    try:
        function(*args)
    except OSError:
        return
    print("breach:", what, flush=True)


parent = os.getppid()
attempt("affinity", os.sched_setaffinity, parent, os.sched_getaffinity(0))
attempt("nice", os.setpriority, os.PRIO_PROCESS, parent, 1)
attempt("scheduler", os.sched_setscheduler, parent, os.SCHED_BATCH, os.sched_param(0))
attempt("parameters", os.sched_setparam, parent, os.sched_param(0))


async def save_to_disk(directory):
    raise OSError("nothing saved")
