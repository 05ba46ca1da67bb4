"""Ask the running API everything that its description allows, and much that it does not.

Real servers in a folder of their own, the demo's courier, a key that may do everything in its sandbox. Schemathesis
makes up the requests from the description, one by one and in chains; any answer of 5xx, any that the description does
not know, any that breaks its schema, and any that a wrong key gets, is a failure. Returns 0 when there was none.
"""

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOOKS = Path(__file__).with_name("fuzz_hooks.py")
PATIENCE_SECONDS = 60.0
CHUNK_BYTES = 65536
# All checks but four, that are not named on the command line: those named there are on for every operation. A good body
# may be refused, since a description does not know what is stored; the rest ask what stands in no contract.
# A bad address may be too long for the web server, before anything else is wrong with it.
CONFIG = """
[checks]
positive_data_acceptance.enabled = false
missing_required_header.enabled = false
use_after_free.enabled = false
ensure_resource_availability.enabled = false

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 411, 413, 414, 415, 422, 428]

# Of many rows a bad one is taken and fails by itself.
[[operations]]
include-path-regex = "/bulk$"
[operations.checks]
negative_data_rejection.enabled = false

# In chains no operation has checks of its own.
[phases.stateful.checks]
negative_data_rejection.enabled = false
"""


def main() -> int:
    options = _arguments()
    folder = Path(tempfile.mkdtemp(prefix="crm-fuzz-"))
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    os.environ |= {
        "CRM_LOCAL_DIR": str(folder / "l"),
        "CRM_EMBEDDED_FSYNC": "off",
        "CRM_API_REQUESTS_PER_KEY": "100000000",
        "CRM_API_REQUESTS_PER_TENANT": "100000000",
        "CRM_LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "courier_crm.settings",
    }
    sys.path.insert(0, str(ROOT))
    try:
        from courier_crm import embedded

        with embedded.running():
            return _run(options)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=200, help="how many requests to make up for each operation (200)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes up the same requests (1)")
    parser.add_argument("--phases", default="examples,coverage,fuzzing,stateful", help="which kinds of requests")
    parser.add_argument("--only", metavar="REGEX", default="", help="paths to ask; all of them unless told")
    return parser.parse_args()


def _run(options: argparse.Namespace) -> int:
    manage("migrate", "--verbosity", "0")
    manage("collectstatic", "--no-input", "--verbosity", "0")
    # A key that may write is the sandbox's alone.
    printed = manage("seed_demo", "--customers", "20")
    key = re.findall(r"crm_test_\S+", printed)[0]
    port = _free_port()
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "courier_crm.wsgi", "--bind", f"127.0.0.1:{port}"),
            *("--worker-class", "gthread", "--threads", "4", "--limit-request-line", "8190"),
            *("--log-level", "error"),
        ],
        cwd=ROOT,
    )
    try:
        _wait_until_ready(port)
        _send_without_end(port, key)
        _break_off(port, key)
        _wait_until_ready(port)
        return _ask(f"http://127.0.0.1:{port}", key, options)
    finally:
        server.terminate()
        server.wait(timeout=30)


def _begin_post(port: int, key: str, header: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=5)
    lines = [
        *("POST /api/v1/customers HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {key}"),
        *("Content-Type: application/json", header, "", ""),
    ]
    connection.sendall("\r\n".join(lines).encode())
    return connection


def _send_without_end(port: int, key: str) -> None:
    """Send a body without a length and without an end: it is refused, and the connection closed."""
    chunk = b"%x\r\n%b\r\n" % (CHUNK_BYTES, b" " * CHUNK_BYTES)
    with _begin_post(port, key, "Transfer-Encoding: chunked") as connection:
        if not connection.recv(64).startswith(b"HTTP/1.1 411"):
            raise SystemExit("A body of unknown length is not refused.")
        last = time.monotonic() + PATIENCE_SECONDS
        try:
            while time.monotonic() < last:
                connection.sendall(chunk)
        except (ConnectionError, TimeoutError):
            return
    raise SystemExit("A body without an end is read without an end.")


def _break_off(port: int, key: str) -> None:
    """Send half a body and go."""
    with _begin_post(port, key, "Content-Length: 1000") as connection:
        connection.sendall(b'{"number": ')


def _ask(url: str, key: str, options: argparse.Namespace) -> int:
    chosen = ["--include-path-regex", options.only] if options.only else []
    config = Path(os.environ["CRM_LOCAL_DIR"]) / "schemathesis.toml"
    config.write_text(f'hooks = "{HOOKS}"\n{CONFIG}')
    command = [
        *(
            Path(sys.executable).with_name("schemathesis"),
            "--config-file",
            config,
            "run",
            f"{url}/api/v1/openapi.json",
            "--url",
            url,
        ),
        *("--header", f"Authorization: Bearer {key}"),
        *("--phases", options.phases, "--max-examples", str(options.cases), "--seed", str(options.seed)),
        *("--generation-database", "none", "--continue-on-failure", "--no-color", *chosen),
    ]
    # It keeps what it found in the folder it runs in.
    return subprocess.run(command, cwd=config.parent, check=False).returncode


def manage(*arguments: str) -> str:
    """Run a command of manage.py and return what it printed."""
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_ready(port: int) -> None:
    last = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health/ready")
            if connection.getresponse().status < 500:
                return
        except OSError:
            pass
        if time.monotonic() > last:
            raise SystemExit("The server did not start.")
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
