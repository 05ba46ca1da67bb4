"""How gunicorn serves the product: `gunicorn --config python:courier_crm.serving`.

What a machine needs otherwise stands on the command line or in GUNICORN_CMD_ARGS, such as --bind and --workers.
"""

import os
import select
import shutil
import tempfile
from typing import Any

from gunicorn.workers.gthread import ThreadWorker


class DrainingWorker(ThreadWorker):
    """Answers also those who had connected when it was told to stop, and lets nobody connect in vain after that.

    Its parent resets who is in the queue of the listening socket then, and leaves the queue open to others.
    """

    def set_accept_enabled(self, enabled: bool) -> None:
        """Accept or not; not any more at the end, when the sockets are closed and forgotten."""
        super().set_accept_enabled(enabled)
        if enabled or self.alive:
            return
        for listener in self.sockets:
            self._drain(listener)
            listener.close()
        self.sockets = []

    def _drain(self, listener: Any) -> None:
        while select.select([listener], [], [], 0)[0]:
            self.accept(listener)


wsgi_app = "courier_crm.wsgi"
worker_class = "courier_crm.serving.DrainingWorker"
workers = 2
threads = 4
# The longest address: a hundred numbers in a filter of the API are more than gunicorn's 4094.
limit_request_line = 8190
graceful_timeout = 30
control_socket_disable = True

METRICS = "PROMETHEUS_MULTIPROC_DIR"


def on_starting(server: Any) -> None:
    """Make the folder in which the web processes, forked later, add up what they count."""
    server.metrics_dir = None
    if METRICS not in os.environ:
        server.metrics_dir = os.environ[METRICS] = tempfile.mkdtemp(prefix="crm-metrics-")


def on_exit(server: Any) -> None:
    """Remove it with its figures: a counter begins at nought again, which Prometheus understands."""
    if server.metrics_dir:
        shutil.rmtree(server.metrics_dir, ignore_errors=True)
