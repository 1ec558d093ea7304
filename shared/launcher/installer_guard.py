"""Runs an installer for as long as the launcher lives: ``installer_guard.py PROGRAM ARGUMENT...``

The launcher holds the other end of this program's standard input, and writes nothing into it. When
the launcher is killed the system closes that end: the installer and all that it started are ended.
The launcher starts this in a process group of its own. On Windows it closes its end to cancel, too.
"""

import os
import signal
import subprocess
import sys
import threading


def main():
    installer = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    threading.Thread(target=_watch, args=(installer.pid,), daemon=True).start()
    code = installer.wait()
    return code if code >= 0 else 128 - code


def _watch(pid):
    while os.read(0, 1):
        pass  # nobody writes
    if os.name == "nt":
        subprocess.run(
            ["taskkill", "/F", "/T", "/PID", str(pid)], check=False, stdout=subprocess.DEVNULL
        )
    else:
        os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
