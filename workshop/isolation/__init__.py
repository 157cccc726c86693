"""The learner's code: loaded, called and watched, apart from the tests that judge it.

A test speaks to a `stage`. The one of `stage` itself runs the code in the test's own process; the
one of `remote` has it run elsewhere. Who looks for the place to change something finds it in

    either way               host, submission (finding, loading, calling); observers, evidence
    the test's side          remote (calls), serving (what was passed in), gates, process (the
                             process itself), testimony (what it says), witness and notify (what
                             the kernel says), cell and scratch (folders), patience
    between the two          wire (messages), zygote (forks)
    the learner's process    learner (answers), bridge (what was passed in)
    its walls                walls; landlock, seccomp with system_calls, capabilities and audit;
                             kernel (system calls that Python lacks)
"""
