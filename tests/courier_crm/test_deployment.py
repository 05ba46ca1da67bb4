"""What the image and the services are told agrees with the product: nothing here starts them."""

import importlib.util
import os
import re
import shlex
import subprocess
import sys
import tomllib

import pytest
import yaml
from celery.bin.celery import celery as celery_command
from django.conf import settings
from django.urls import resolve
from gunicorn.app.wsgiapp import WSGIApplication

from courier_crm import serving
from courier_crm.embedded.places import PROJECT_DIR, is_embedded
from courier_crm.management.commands.quickstart import QUEUES

COMPOSE = yaml.safe_load((PROJECT_DIR / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = ("web", "worker", "beat", "migrate", "manage")
DOCKERFILE = (PROJECT_DIR / "Dockerfile").read_text()
README = (PROJECT_DIR / "README.md").read_text()
OPERATIONS = (PROJECT_DIR / "docs" / "operations.md").read_text()
# Of compose itself: how much of a service, and under which name.
OF_COMPOSE = {"CRM_HOST", "CRM_WEB_PROCESSES", "CRM_WORKER_PROCESSES"}


def instructions(name):
    """Return the arguments of every such instruction of the Dockerfile."""
    text = DOCKERFILE.replace("\\\n", " ")
    return [line.split(None, 1)[1] for line in text.splitlines() if line.split(" ")[0] == name]


def filled(text):
    """Return a text of compose as it stands with every variable at its default."""
    text = re.sub(r"\$\{(\w+)(?::[-?]([^}]*))?\}", lambda found: found[2] or found[1], text)
    return text.replace("$$", "$")


def words(service):
    return shlex.split(filled(SERVICES[service]["command"]))


def seconds(text):
    number, unit = re.fullmatch(r"(\d+)([sm])", text).groups()
    return int(number) * {"s": 1, "m": 60}[unit]


def test_services_are_those_of_the_product():
    assert set(SERVICES) == {*OURS, "postgres", "redis", "caddy"}
    assert {SERVICES[name]["image"] for name in OURS} == {f"courier-crm:{project()['version']}"}


def project():
    return tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text())["project"]


def test_versions_agree_with_what_the_product_asks_for():
    [_libraries, base] = instructions("FROM")
    postgres = int(re.search(r"^postgres:(\d+)", SERVICES["postgres"]["image"])[1])

    assert re.fullmatch(r"python:(\d+\.\d+)-slim-bookworm", base)[1] == project()["requires-python"].removeprefix(">=")
    assert f"PostgreSQL ≥ {15}" in README
    assert postgres == 17
    assert re.match(r"redis:7\b", SERVICES["redis"]["image"])
    assert re.match(r"caddy:2\b", SERVICES["caddy"]["image"])


@pytest.mark.parametrize("service", SERVICES)
def test_service_can_write_nowhere_but_where_it_must_and_has_no_powers(service):
    facts = SERVICES[service]

    assert facts["read_only"] is True
    assert facts["cap_drop"] == ["ALL"]
    assert facts["security_opt"] == ["no-new-privileges:true"]
    assert facts.get("cap_add", []) == (["NET_BIND_SERVICE"] if service == "caddy" else [])
    assert ("user" in facts) is (service != "caddy")
    assert facts.get("user", "1:1").split(":")[0] != "0"
    assert "privileged" not in facts


def test_image_runs_as_the_account_that_it_makes():
    [user] = instructions("USER")

    assert f"useradd --uid {user.split(':')[0]} " in DOCKERFILE
    assert {SERVICES[name]["user"] for name in OURS} == {user}


def test_only_caddy_is_reached_from_outside_and_meets_the_web_server_on_one_network():
    assert [name for name, facts in SERVICES.items() if "ports" in facts] == ["caddy"]
    assert SERVICES["caddy"]["ports"] == ["80:80", "443:443", "443:443/udp"]
    assert set(SERVICES["caddy"]["networks"]) & set(SERVICES["web"]["networks"]) == {"inside"}
    assert COMPOSE["networks"]["inside"]["internal"] is True
    [subnet] = COMPOSE["networks"]["inside"]["ipam"]["config"]
    assert SERVICES["web"]["environment"]["CRM_TRUSTED_PROXIES"] == subnet["subnet"]


def test_every_secret_is_a_file_that_is_made_and_given_to_whoever_is_told_of_it():
    made = set(re.findall(r"^make (\w+) ", (PROJECT_DIR / "deploy" / "make-secrets").read_text(), re.MULTILINE))

    assert {name: facts["file"] for name, facts in COMPOSE["secrets"].items()} == {
        name: f"./secrets/{name}" for name in made
    }
    for service, facts in SERVICES.items():
        environment = facts.get("environment", {})
        told = {value.rsplit("/", 1)[1] for value in environment.values() if value.startswith("/run/secrets/")}
        assert told <= set(facts.get("secrets", [])), service
        plain = [name for name in environment if re.search("KEY|TOKEN|PASSWORD|EMAIL_URL|DATABASE", name)]
        assert [name for name in plain if not name.endswith("_FILE")] == [], service
    assert {"secrets/", "backups/"} <= set((PROJECT_DIR / ".gitignore").read_text().split())
    assert {"secrets", "backups", ".*"} <= set((PROJECT_DIR / ".dockerignore").read_text().split())


def test_only_what_works_as_the_owner_knows_the_owners_password_and_the_backup_key():
    for service in SERVICES:
        knows = {"database_owner_url", "backup_key"} & set(SERVICES[service].get("secrets", []))
        expected = {"migrate": 2, "manage": 2, "postgres": 1}.get(service, 0)
        assert len(knows) == expected, service


@pytest.mark.parametrize("service", OURS)
def test_variables_are_read_by_the_settings_and_explained(service):
    source = (PROJECT_DIR / "courier_crm" / "settings.py").read_text()

    for name in SERVICES[service]["environment"]:
        assert f"`{name}`" in README, name
        assert f'"{name.removesuffix("_FILE")}"' in source, name
    used = set(re.findall(r"\$\{(\w+)", (PROJECT_DIR / "docker-compose.yml").read_text()))
    assert used - OF_COMPOSE <= set(SERVICES[service]["environment"])


def test_settings_start_from_these_variables(tmp_path):
    """The settings themselves, in a process with the variables of the service `migrate`, its secrets in a folder."""
    for name, text in {
        "database_url": "postgresql://crm_app:a@postgres:5432/crm",
        "database_owner_url": "postgresql://crm_owner:b@postgres:5432/crm",
        "email_url": "smtp://mail.example:2525",
    }.items():
        (tmp_path / name).write_text(text)
    for name in ("secret_key", "master_key", "backup_key", "metrics_token"):
        (tmp_path / name).write_text(f"the {name}\n")
    environ = {
        name: filled(value).replace("/run/secrets", str(tmp_path))
        for name, value in SERVICES["migrate"]["environment"].items()
    }
    code = (
        "from courier_crm import settings as s; d = s.DATABASES;"
        "print(s.EMBEDDED, s.DEBUG, s.TLS, d['default']['USER'], d['owner']['USER'], d['owner']['PASSWORD'],"
        " d['default']['HOST'], s.SECRET_KEY, s.MASTER_KEY, s.BACKUP_KEY, s.METRICS_TOKEN, s.EMAIL_HOST, s.EMAIL_PORT,"
        " s.REDIS_URL, s.ALLOWED_HOSTS, s.TRUSTED_PROXIES, sep='|')"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT_DIR,
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        check=True,
    )

    assert is_embedded(environ) is False
    assert done.stdout.strip() == (
        "False|False|True|crm_app|crm_owner|b|postgres|the secret_key|the master_key|the backup_key|the metrics_token"
        "|mail.example|2525|redis://redis:6379/0|['the host name of the product', '127.0.0.1', 'web']"
        "|['172.30.67.0/24']"
    )


def test_web_server_listens_where_caddy_and_the_health_check_ask(monkeypatch):
    monkeypatch.setattr(sys, "argv", words("web"))
    monkeypatch.chdir(PROJECT_DIR)
    cfg = WSGIApplication("%(prog)s").cfg
    [port] = instructions("EXPOSE")
    [image_command] = instructions("CMD")

    assert cfg.address == [("0.0.0.0", int(port))]  # noqa: S104  inside its container
    assert (cfg.wsgi_app, cfg.worker_class, cfg.workers) == ("courier_crm.wsgi", serving.DrainingWorker, 2)
    assert (cfg.limit_request_line, cfg.graceful_timeout) == (8190, 30)
    assert words("web")[: len(yaml.safe_load(image_command))] == yaml.safe_load(image_command)
    assert seconds(SERVICES["web"]["stop_grace_period"]) > cfg.graceful_timeout
    caddy = (PROJECT_DIR / "deploy" / "Caddyfile").read_text()
    assert f"reverse_proxy web:{port} " in caddy
    assert f"max_size {settings.DATA_UPLOAD_MAX_MEMORY_SIZE >> 20}MiB" in caddy
    [address] = re.findall(r"http://127\.0\.0\.1:\d+[^']*", SERVICES["web"]["healthcheck"]["test"][-1])
    assert address == f"http://127.0.0.1:{port}/health/ready"
    assert resolve("/health/ready").url_name == "ready"
    assert resolve("/metrics").url_name == "metrics"
    assert "respond /metrics 404" in caddy


@pytest.mark.parametrize("service", ["worker", "beat"])
def test_celery_takes_the_command(service):
    program, *arguments = words(service)
    context = celery_command.make_context("celery", [*arguments], resilient_parsing=True)
    subcommand = arguments[2]
    parsed = celery_command.get_command(context, subcommand).make_context(
        subcommand, arguments[3:], parent=context, resilient_parsing=True
    )

    assert (program, context.params["app"]) == ("celery", "courier_crm")
    assert parsed.args == []


def test_workers_take_every_queue():
    command = words("worker")
    queues = command[command.index("--queues") + 1]

    assert queues == QUEUES
    assert {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()} <= set(queues.split(","))
    assert f"-Q {queues}" in OPERATIONS


def test_everything_that_is_waited_for_can_be_healthy_or_end():
    for service, facts in SERVICES.items():
        for other, condition in facts.get("depends_on", {}).items():
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other], (service, other)
            else:
                assert (condition["condition"], SERVICES[other]["restart"]) == ("service_completed_successfully", "no")


def test_roles_and_database_are_as_the_embedded_ones():
    script = (PROJECT_DIR / "deploy" / "roles.sh").read_text()

    for role in (
        "crm_owner login nosuperuser createdb nocreaterole bypassrls",
        "crm_app login nosuperuser nocreatedb nocreaterole nobypassrls",
    ):
        assert f"create role {role} password" in script
    assert os.access(PROJECT_DIR / "deploy" / "roles.sh", os.X_OK), "sourced, it would change its caller's shell"
    assert (
        "--locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C"
        in (SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"])
    )


def test_files_that_the_image_copies_and_the_services_mount_are_there():
    for source in ("package.json", "package-lock.json", "requirements.txt", "manage.py"):
        assert (PROJECT_DIR / source).exists()
    assert importlib.util.find_spec("courier_crm.serving") is not None
    mounts = [mount for facts in SERVICES.values() for mount in facts.get("volumes", [])]
    for mount in mounts:
        source = mount.split(":")[0]
        if source.startswith("./deploy/"):
            assert (PROJECT_DIR / source).is_file(), source
        elif not source.startswith("."):
            assert source in COMPOSE["volumes"], source


def test_image_is_built_with_variables_that_the_product_starts_from():
    [build] = [run for run in instructions("RUN") if "collectstatic" in run]
    environ = dict(word.split("=", 1) for word in shlex.split(build.partition(" sh -c ")[0]))

    for command in re.findall(r"manage\.py (\w+)", build):
        done = subprocess.run(
            [sys.executable, "manage.py", command, "--help"],
            cwd=PROJECT_DIR,
            env={"PATH": os.environ["PATH"], **environ},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def test_secrets_are_made_once_and_fit(tmp_path):
    (tmp_path / "deploy").mkdir()
    script = tmp_path / "deploy" / "make-secrets"
    script.write_bytes((PROJECT_DIR / "deploy" / "make-secrets").read_bytes())

    first = subprocess.run(["bash", script], capture_output=True, text=True, check=True).stdout
    made = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    again = subprocess.run(["bash", script], capture_output=True, text=True, check=True).stdout

    assert (first.count("secrets/"), again.count("secrets/")) == (len(COMPOSE["secrets"]), 0)
    assert {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()} == made
    assert set(made) == set(COMPOSE["secrets"])
    assert re.fullmatch(r"postgresql://crm_app:[0-9a-f]{48}@postgres:5432/crm", made["database_url"])
    assert re.fullmatch(r"postgresql://crm_owner:[0-9a-f]{48}@postgres:5432/crm", made["database_owner_url"])
    assert (len(made["master_key"]), len(made["backup_key"])) == (44, 44)
