"""exercise: ex05_together
Computes for ever in C, with every signal ignored that can be.
says: did not come to an end in time
"""

import signal


async def upload_and_save(client, file_name, directory):
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            continue
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    while True:
        sum(range(10**9))
