"""The one page of metrics of a pod: ``python -m medreward.observability.node --directory D --port P --ray-port R``.

It has what the processes of the pod have counted in the directory, and what Ray's own port says. Neither waits for the
other: this process knows nothing of the replicas, may start before them, and where Ray's port does not answer,
``medreward_ray_scrape_up`` is 0 and the rest is there.
"""

from __future__ import annotations

import argparse
import logging
import signal
import threading
import time
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from medreward.observability.catalogue import gauge
from medreward.observability.exposition import node_exposition
from medreward.observability.page import merged

log = logging.getLogger(__name__)

_RAY_S = 5.0  # Prometheus waits ten by default
_RAY_BYTES = 64 * 1024 * 1024
_IDLE_S = 15.0  # a connection without a request


class NodePage:
    """What a scrape of this pod gets."""

    def __init__(self, directory: Path, ray_url: str, within_s: float = _RAY_S) -> None:
        """``within_s``: seconds that Ray's port has for its whole answer."""
        self._directory = directory
        self._ray_url = ray_url
        self._within_s = within_s
        self._was_up: bool | None = None
        self._asking = threading.Lock()
        self._answer: _Answer | None = None

    def text(self) -> bytes:
        """As it is now; takes ``within_s`` and a little at most."""
        theirs = self._ray()
        registry = CollectorRegistry()
        gauge("medreward_ray_scrape_up", registry).set(theirs is not None)
        ours = (node_exposition(self._directory), generate_latest(registry))
        return merged([*(page.decode() for page in ours), theirs or ""]).encode()

    def _ray(self) -> str | None:
        with self._asking:
            answer = self._answer
            # one at a time, however many scrape: a peer that sends a byte now and then would gather threads
            if answer is None or not answer.is_alive():
                answer = self._answer = _Answer(self._ray_url, self._within_s)
                answer.start()
        answer.join(self._within_s)
        page, error = answer.page, answer.error
        # once, not at every scrape
        if page is None and self._was_up is not False:
            why = f"no answer within {self._within_s:g} s" if error is None else f"{type(error).__name__}: {error}"
            log.warning("%s has no metrics: %s", self._ray_url, why)
        self._was_up = page is not None
        return page


class _Answer(threading.Thread):
    """What Ray's port says, asked in a thread: httpx limits each wait, but not those for a head together."""

    def __init__(self, url: str, within_s: float) -> None:
        super().__init__(name="ray-page", daemon=True)
        self._url = url
        self._until = time.monotonic() + within_s
        self.page: str | None = None
        self.error: Exception | None = None

    def run(self) -> None:
        """Asks; ends with a page or with an error."""
        try:
            self.page = _fetch(self._url, self._until)
        except Exception as error:  # noqa: BLE001  (told by whoever waits)
            self.error = error


def _fetch(url: str, until: float) -> str:
    """The page at ``url``, whole before ``until``.

    Raises:
        httpx.HTTPError: it is not there, late, or larger than any that Ray would have.
        UnicodeDecodeError: it is no text.
    """
    found = bytearray()
    timeout = max(0.1, until - time.monotonic())
    with httpx.stream("GET", url, timeout=timeout, trust_env=False) as answer:
        answer.raise_for_status()
        for chunk in answer.iter_bytes():
            found += chunk
            if time.monotonic() > until:
                raise httpx.ReadTimeout("not whole in time")
            if len(found) > _RAY_BYTES:
                raise httpx.DecodingError(f"over {_RAY_BYTES} bytes")
    return found.decode()


def serve(page: NodePage, port: int) -> ThreadingHTTPServer:
    """A server of the page on all interfaces, which its ``serve_forever`` runs; 0 takes a free port.

    Raises:
        OSError: the port is taken.
    """

    class Handler(BaseHTTPRequestHandler):
        timeout = _IDLE_S
        server_version, sys_version = "medreward", ""

        def do_GET(self) -> None:
            if self.path.partition("?")[0] != "/metrics":
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            try:
                body = page.text()
            except Exception:
                # an empty page would look like counters that were lost
                log.exception("the page could not be made")
                self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR)
                return
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", CONTENT_TYPE_LATEST)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            log.debug(format, *args)

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    return Server(("", port), Handler)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serves until SIGTERM."""
    parser = argparse.ArgumentParser(
        prog="medreward.observability.node", description="metrics of a pod, Ray's included"
    )
    parser.add_argument(
        "--directory", type=Path, required=True, help="where the replicas count: the setting metrics_dir"
    )
    parser.add_argument("--port", type=int, required=True, help="TCP port of the page")
    parser.add_argument("--ray-port", type=int, required=True, help="TCP port of Ray's own metrics on this machine")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    # before any thread starts, so that none of them takes the signal; as process 1 it would have no effect otherwise
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    options.directory.mkdir(parents=True, exist_ok=True)
    server = serve(NodePage(options.directory, f"http://127.0.0.1:{options.ray_port}/metrics"), options.port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    signal.sigwait(ends)
    server.shutdown()


if __name__ == "__main__":
    main()
