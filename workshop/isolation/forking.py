"""Whether processes are copied here, which everything else about them follows from."""

from __future__ import annotations

import os

FORKS = hasattr(os, "fork") and not os.environ.get("WORKSHOP_SPAWN")
"""Whether processes can be copied. On Windows they cannot: then each of the learner's is started
anew, which takes longer. To see that elsewhere, set WORKSHOP_SPAWN to anything."""
