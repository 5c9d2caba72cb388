"""Runs a command so that it ends with its supervisor: sets the kernel's death signal, then becomes
the command. Used as `python -m braze_partners.supervisor.child PARENT_PID COMMAND …`."""

from __future__ import annotations

import os
import sys

from braze_partners.supervisor.death import die_with_parent

if __name__ == "__main__":
    die_with_parent(parent=int(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])
