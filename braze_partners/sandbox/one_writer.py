"""Lets uploads write one after the other; it knows no table.

SQLite alone lets writers wait by chance, and some of them for seconds while others pass.
"""

from __future__ import annotations

import threading

writing = threading.Lock()
