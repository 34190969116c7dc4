"""hold-in-the-middle.py FOLDER PID BYTES: stops the process as soon as files below the folder hold that much more than now."""
import os
import signal
import sys
import time


def held_bytes(folder):
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(path, name)).st_blocks * 512
            except FileNotFoundError:
                pass
    return total


folder, pid, wanted = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
before = held_bytes(folder)
end = time.monotonic() + 30
while held_bytes(folder) < before + wanted:
    if time.monotonic() > end:
        print("late nothing came")
        sys.exit(1)
os.kill(pid, signal.SIGSTOP)
print("held", held_bytes(folder) - before)
