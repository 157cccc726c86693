"""The learner's code: loaded, called and watched, apart from the tests that judge it.

A test speaks to a `stage`. The one of `stage` itself runs the code in the test's own process; the
one of `remote` has it run elsewhere. Who looks for the place to change something finds it in

    either way               host, submission (finding, loading, calling), steps (of streams and
                             context managers); observers, evidence
    the test's side          remote (calls), serving (what was passed in), gates, process (the
                             process itself), testimony (what it says), witness and notify (what
                             the kernel says), cell and scratch (folders), interrupts, patience
    between the two          wire (messages), zygote (forks), rehearsal (before the first); without
                             fork: forking, spawn, spawned, loopback (messages) and job (its end)
    the learner's process    learner (answers), bridge (what was passed in), strand (streams);
                             under_test, where our own modules play the learner's
    its walls                walls; landlock, seccomp with system_calls, capabilities and audit;
                             kernel (system calls that Python lacks)
"""
