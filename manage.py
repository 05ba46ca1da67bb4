#!/usr/bin/env python
"""Run one management command; in embedded mode, with the database and Redis that it needs."""

import os
import signal
import sys

# This file is read by old versions of Python too, so that they can say what is wrong.
if sys.version_info < (3, 11):
    sys.exit("Courier CRM needs Python 3.11 or newer; this is Python %d.%d." % sys.version_info[:2])

COMMANDS_WITHOUT_SERVERS = {
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "spectacular",
    "startapp",
    "version",
}


def needs_servers(arguments):
    words = set(arguments[1:])
    return (
        bool(arguments[1:])
        and not words & {"-h", "--help", "--version"}
        and arguments[1] not in COMMANDS_WITHOUT_SERVERS
    )


def end_like_ctrl_c(number, frame):
    # The second one must not cut the clearing up short.
    signal.signal(number, signal.SIG_IGN)
    raise SystemExit(128 + number)


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "courier_crm.settings")
    signal.signal(signal.SIGTERM, end_like_ctrl_c)
    signal.signal(signal.SIGINT, end_like_ctrl_c)

    from contextlib import nullcontext

    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line

        from core.crypto.errors import KeyUnavailable
        from courier_crm import embedded
    except ImportError as error:
        sys.exit("%s. Install what the product needs with script/bootstrap, and use the Python in .venv." % error)

    with embedded.running() if embedded.is_embedded() and needs_servers(sys.argv) else nullcontext():
        try:
            execute_from_command_line(sys.argv)
        except (ImproperlyConfigured, KeyUnavailable) as error:
            sys.exit(str(error))


if __name__ == "__main__":
    main()
