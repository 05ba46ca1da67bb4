import socket
import time
from collections.abc import Iterator

import pytest
from django.core.management.base import CommandError

from courier_crm.management.commands import quickstart
from courier_crm.management.commands.quickstart import choose_port
from courier_crm.supervision import supervised

HOST = "127.0.0.1"


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.create_server((HOST, 0)) as server:
        yield server.getsockname()[1]


def test_choose_port_when_the_wanted_one_is_in_use_says_how_to_choose_another(busy_port):
    with pytest.raises(CommandError) as caught:
        choose_port(HOST, busy_port)

    assert str(caught.value) == f"Port {busy_port} on {HOST} is in use. Choose another with --port NUMBER."


@pytest.mark.parametrize("port", [-1, 0, 65536, 99999999])
def test_choose_port_that_there_is_not_is_refused(port):
    with pytest.raises(CommandError) as caught:
        choose_port(HOST, port)

    assert str(caught.value) == f"There is no port {port}. Choose one from 1 to 65535 with --port NUMBER."


def test_choose_port_takes_the_next_free_one(busy_port, monkeypatch):
    monkeypatch.setattr(quickstart, "DEFAULT_PORT", busy_port)

    assert choose_port(HOST, None) in range(busy_port + 1, busy_port + 50)


def test_choose_port_when_all_are_in_use_says_so(busy_port, monkeypatch):
    monkeypatch.setattr(quickstart, "DEFAULT_PORT", busy_port)
    monkeypatch.setattr(quickstart, "PORTS_TO_TRY", 1)

    with pytest.raises(CommandError) as caught:
        choose_port(HOST, None)

    assert str(caught.value) == (f"Ports {busy_port} to {busy_port} are all in use. Choose another with --port NUMBER.")


def test_choose_port_of_another_machine_is_refused():
    with pytest.raises(CommandError) as caught:
        choose_port("192.0.2.1", 8000)

    assert str(caught.value).startswith("Cannot listen on 192.0.2.1: ")


def test_web_server_takes_the_longest_filter_of_the_api(tmp_path, settings):
    """Asked of gunicorn itself, started as quickstart starts it: a hundred numbers of forty letters."""
    settings.SETTINGS_MODULE = "courier_crm.settings"
    command = quickstart.Command()
    command.local_dir = tmp_path
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
    web = command._children(HOST, port)[0]
    number = "N" * 40
    query = "filter[number][in]=" + ",".join([number] * 100)

    with supervised([web]) as keep_alive:
        deadline = time.monotonic() + 60
        while not quickstart.answers(f"http://{HOST}:{port}/health/live"):
            keep_alive()
            assert time.monotonic() < deadline
            time.sleep(0.2)

        assert quickstart.answers(f"http://{HOST}:{port}/health/live?{query}")
