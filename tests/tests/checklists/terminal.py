"""Plays a person at a terminal: starts a program on a pseudo-terminal, waits for each text, types what follows it.

terminal.py PROGRAM ARGUMENT… < [["text to wait for", "keys"], …]      exits as the program does; 124 if a text does not come
"""

import json
import os
import pty
import select
import sys
import time

steps = json.load(sys.stdin)
child, terminal = pty.fork()
if child == 0:
    os.environ["TERM"] = "xterm"
    os.execv(sys.argv[1], sys.argv[1:])

seen = b""
until = time.monotonic() + 90
ended = False
while not ended and time.monotonic() < until:
    ready, _, _ = select.select([terminal], [], [], 1)
    if ready:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the program closed its side
            part = b""
        seen += part
        ended = not part
    if steps and steps[0][0].encode() in seen:
        text, keys = steps.pop(0)
        # What comes after this text is waited for anew.
        seen = seen[seen.index(text.encode()) + len(text.encode()):]
        os.write(terminal, keys.encode())

if not ended or steps:
    print("left:", steps, "seen:", seen.decode(errors="replace"), file=sys.stderr)
    os.kill(child, 9)
    sys.exit(124)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
