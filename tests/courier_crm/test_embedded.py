"""The embedded servers, for real: each test starts its own in a folder of its own."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
import redis

from courier_crm.embedded import EmbeddedError, endpoints, is_embedded, local_key
from courier_crm.embedded.locks import FileLock
from courier_crm.embedded.places import LONGEST_SOCKET_PATH, PROJECT_DIR

pytestmark = pytest.mark.fault

USER = """
import sys
from courier_crm import embedded
with embedded.running():
    print("up", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def local_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "local"
    monkeypatch.setenv("CRM_LOCAL_DIR", str(folder))
    monkeypatch.setenv("CRM_EMBEDDED_FSYNC", "off")
    yield folder
    wait_until(lambda: keeper_pid(folder) is None)


class Users:
    """Processes that use the servers until told to leave."""

    def __init__(self) -> None:
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, **environ: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", USER],
            cwd=PROJECT_DIR,
            env=os.environ | environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process

    def enter(self) -> subprocess.Popen[str]:
        process = self.start()
        assert process.stdout.readline() == "up\n", process.communicate()[1]
        return process

    def leave(self, process: subprocess.Popen[str]) -> None:
        _, errors = process.communicate()
        assert (process.returncode, errors) == (0, "")


@pytest.fixture
def users(local_dir: Path) -> Iterator[Users]:
    users = Users()
    yield users
    for process in users.processes:
        if process.returncode is None:
            process.kill()
            process.communicate()


def wait_until(condition: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def keeper_pid(local_dir: Path) -> int | None:
    if not (local_dir / "keeper.lock").exists() or not FileLock(local_dir / "keeper.lock").is_held():
        return None
    return json.loads((local_dir / "keeper.json").read_text())["pid"]


def postmasters(local_dir: Path) -> list[int]:
    """Return the PostgreSQL servers on this folder's data, found among all processes.

    A child that was forked this moment still carries its server's command line, so children are left out.
    """
    parents = {}
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                words = (process / "cmdline").read_bytes().split(b"\0")
                parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if words[1:3] == [b"-D", bytes(local_dir / "postgres")]:
                parents[int(process.name)] = parent
    return [number for number, parent in parents.items() if parent not in parents]


def run_sql(statement: str, role: str = "crm_owner") -> list[tuple[object, ...]]:
    connection = psycopg2.connect(endpoints().database_url(role))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def test_first_start_makes_the_roles_the_database_and_the_keys(users, local_dir):
    process = users.enter()

    roles = run_sql(
        "select rolname, rolsuper, rolcreatedb, rolbypassrls from pg_roles where rolname like 'crm%' order by 1"
    )
    database = run_sql(
        "select datname, pg_get_userbyid(datdba), datcollate, pg_encoding_to_char(encoding) from pg_database"
        " where datname = 'crm'"
    )
    assert roles == [
        ("crm_app", False, False, False),
        ("crm_ops", False, False, True),
        ("crm_owner", False, True, True),
    ]
    assert database == [("crm", "crm_owner", "C", "UTF8")]
    run_sql("create temp table scratch (number bigint)", role="crm_app")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        run_sql("create table public.kept (number bigint)", role="crm_app")
    client = redis.Redis.from_url(endpoints().redis_url)
    assert client.ping() is True
    client.close()
    for name in ("master.key", "secret.key"):
        assert stat.S_IMODE((local_dir / name).stat().st_mode) == 0o600
        assert len(local_key(local_dir / name)) == 44
    assert stat.S_IMODE(endpoints().socket_dir.stat().st_mode) == 0o700
    users.leave(process)


def test_the_last_user_stops_the_servers(users, local_dir):
    first, second = users.enter(), users.enter()

    users.leave(first)
    still_there = postmasters(local_dir)
    users.leave(second)

    assert len(still_there) == 1
    assert postmasters(local_dir) == []
    assert keeper_pid(local_dir) is None


def test_eight_at_once_share_one(users, local_dir):
    processes = [users.start() for _ in range(8)]

    answers = [process.stdout.readline() for process in processes]

    assert answers == ["up\n"] * 8
    assert len(postmasters(local_dir)) == 1
    for process in processes:
        users.leave(process)
    assert postmasters(local_dir) == []


def test_killed_user_leaves_nothing_behind_and_data_is_kept(users, local_dir):
    process = users.enter()
    run_sql("create table kept (number bigint)")
    run_sql("insert into kept values (7)")

    process.kill()
    process.communicate()
    wait_until(lambda: keeper_pid(local_dir) is None)

    assert postmasters(local_dir) == []
    again = users.enter()
    assert run_sql("select number from kept") == [(7,)]
    users.leave(again)


def test_killed_user_and_keeper_at_once_recover(users, local_dir):
    process = users.enter()
    process.kill()
    os.kill(keeper_pid(local_dir), signal.SIGKILL)
    process.communicate()

    again = users.enter()

    assert len(postmasters(local_dir)) == 1
    users.leave(again)


def test_killed_database_is_started_again(users, local_dir):
    process = users.enter()
    [before] = postmasters(local_dir)

    os.kill(before, signal.SIGKILL)
    wait_until(lambda: postmasters(local_dir) not in ([], [before]))
    wait_until(is_answering)

    assert len(postmasters(local_dir)) == 1
    users.leave(process)


def is_answering() -> bool:
    try:
        return run_sql("select 1") == [(1,)]
    except psycopg2.OperationalError:
        return False


@pytest.mark.parametrize("content", ["", "99999", "1\n/somewhere/else\n"])
def test_stale_or_truncated_pid_file_is_no_obstacle(users, local_dir, content):
    users.leave(users.enter())
    (local_dir / "postgres" / "postmaster.pid").write_text(content)

    process = users.enter()

    assert is_answering()
    users.leave(process)


def test_folder_of_a_start_killed_in_the_middle_is_replaced(users, local_dir):
    (local_dir / "postgres.new-17").mkdir(parents=True)
    (local_dir / "postgres").mkdir()
    (local_dir / "postgres" / "PG_VERSION").write_text("18\n")

    process = users.enter()

    assert is_answering()
    aside = [entry.name for entry in local_dir.iterdir() if entry.name.startswith("postgres.")]
    assert [name.partition("-")[0] for name in aside] == ["postgres.broken"]
    _, errors = process.communicate()
    assert errors.startswith(f"{local_dir / 'postgres'} was not complete: put aside as postgres.broken-")


def refusal(users: Users, **environ: str) -> str:
    process = users.start(**environ)
    output, errors = process.communicate()
    assert (process.returncode, output) == (1, "")
    return errors


def test_data_of_another_version_is_refused(users, local_dir):
    users.leave(users.enter())
    (local_dir / "postgres" / "PG_VERSION").write_text("12\n")

    errors = refusal(users)

    assert errors.startswith(
        f"Embedded mode: {local_dir / 'postgres'} was made by PostgreSQL 12, and this is PostgreSQL 18."
    )
    assert errors.count("\n") == 1
    assert (local_dir / "postgres" / "PG_VERSION").read_text() == "12\n"


def test_server_that_does_not_start_shows_the_end_of_its_log(users, local_dir):
    users.leave(users.enter())
    (local_dir / "postgres" / "postgresql.conf").write_text("no_such_setting = 1\n")

    errors = refusal(users)

    assert errors.startswith("Embedded mode: postgres did not start. The end of ")
    assert 'unrecognized configuration parameter "no_such_setting"' in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("folder", ["/dev/null/local", "/proc/local"])
def test_folder_that_cannot_be_written_is_named(users, folder):
    errors = refusal(users, CRM_LOCAL_DIR=folder)

    assert errors.startswith(f"Embedded mode: cannot write to {folder} (")
    assert errors.endswith(" Set CRM_LOCAL_DIR to a folder that you may write to.\n")
    assert errors.count("\n") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to every folder")
def test_read_only_folder_is_named(users, tmp_path):
    tmp_path.chmod(0o500)

    errors = refusal(users, CRM_LOCAL_DIR=str(tmp_path / "local"))

    tmp_path.chmod(0o700)
    assert errors.startswith(f"Embedded mode: cannot write to {tmp_path / 'local'} (Permission denied).")


def test_folder_closed_to_the_servers_account_works(users, local_dir):
    local_dir.parent.chmod(0o700)
    local_dir.mkdir(mode=0o700)

    process = users.enter()

    assert is_answering()
    users.leave(process)


def test_folder_with_a_long_name_gets_its_sockets_elsewhere(users, tmp_path, monkeypatch):
    local_dir = tmp_path / ("long" * 30)
    monkeypatch.setenv("CRM_LOCAL_DIR", str(local_dir))

    process = users.enter()

    assert is_answering()
    assert len(str(endpoints().socket_dir / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH
    users.leave(process)
    endpoints().socket_dir.rmdir()


def test_endpoints_are_the_same_from_every_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("CRM_LOCAL_DIR", raising=False)
    here = endpoints()

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    assert endpoints() == here
    assert here.local_dir == PROJECT_DIR / ".local"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, True),
        ({"DATABASE_URL": "", "REDIS_URL": ""}, True),
        ({"DATABASE_URL": "x", "REDIS_URL": "y"}, False),
    ],
)
def test_is_embedded(environ, expected):
    assert is_embedded(environ) is expected


@pytest.mark.parametrize(("given", "missing"), [("DATABASE_URL", "REDIS_URL"), ("REDIS_URL", "DATABASE_URL")])
def test_one_of_two_addresses_is_refused(given, missing):
    with pytest.raises(EmbeddedError) as caught:
        is_embedded({given: "something"})

    assert str(caught.value) == (
        f"Embedded mode: {given} is set and {missing} is not."
        " Set both to use your own servers, or neither to use the embedded ones."
    )


def test_key_is_made_once_by_eight_processes(tmp_path):
    code = "import sys, pathlib; from courier_crm.embedded import local_key;print(local_key(pathlib.Path(sys.argv[1])))"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "master.key")],
            cwd=PROJECT_DIR,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]

    keys = {process.communicate()[0] for process in processes}

    assert keys == {(tmp_path / "master.key").read_text()}
    assert [entry.name for entry in tmp_path.iterdir()] == ["master.key"]


def test_empty_key_file_is_refused(tmp_path):
    (tmp_path / "master.key").touch()

    with pytest.raises(EmbeddedError) as caught:
        local_key(tmp_path / "master.key")

    assert "is empty. Restore it from a backup" in str(caught.value)
