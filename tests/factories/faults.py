"""The short forms of the fault scripts, which bring their own servers."""

import subprocess
import sys

from courier_crm.embedded.places import PROJECT_DIR


def last_line_of(script: str, *arguments: str, seconds: int) -> str:
    """Run a script of the folder script/ and return its last line; fails with all it said unless it ends well."""
    done = subprocess.run(
        [sys.executable, f"script/{script}", *arguments],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[-1]
