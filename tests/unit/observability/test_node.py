"""The one page of a pod, over HTTP."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from medreward.observability.node import NodePage, serve
from medreward.serve.environment import free_port

from .scraped import value

RAY = b"# HELP ray_x X\n# TYPE ray_x gauge\nray_x 7\n"


@contextmanager
def running(server: ThreadingHTTPServer) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/metrics"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def ray(body: bytes = RAY, status: int = 200, endless: bool = False, endless_head: bool = False) -> Iterator[str]:
    """Something that stands where Ray's metrics are."""
    stopped = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            if endless_head:
                self.flush_headers()
                self.wfile.write(b"X-Slow: ")
            else:
                self.end_headers()
                self.wfile.write(body)
            # a byte now and then: no single wait of the reader's is long
            while (endless or endless_head) and not stopped.wait(0.02):
                try:
                    self.wfile.write(b"#")
                except OSError:
                    return

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    try:
        with running(server) as url:
            yield url
    finally:
        stopped.set()


def test_a_scrape_has_ours_and_ray_s(tmp_path: Path) -> None:
    with ray() as url, running(serve(NodePage(tmp_path, url), 0)) as page:
        answer = httpx.get(page)
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert value(answer.text, "medreward_ray_scrape_up") == 1
    assert value(answer.text, "ray_x") == 7


def test_where_ray_does_not_answer_ours_still_come(tmp_path: Path) -> None:
    text = NodePage(tmp_path, f"http://127.0.0.1:{free_port()}/metrics").text()
    assert value(text, "medreward_ray_scrape_up") == 0


@pytest.mark.parametrize("body", [b"an error", b"\xff\xfe"], ids=["text", "no-text"])
def test_what_is_no_page_of_ray_s_is_none(tmp_path: Path, body: bytes) -> None:
    with ray(body, 500 if body == b"an error" else 200) as url:
        text = NodePage(tmp_path, url).text()
    assert value(text, "medreward_ray_scrape_up") == 0
    assert b"an error" not in text


def test_a_page_of_ray_s_that_does_not_end_is_given_up(tmp_path: Path) -> None:
    with ray(endless=True) as url:
        text = NodePage(tmp_path, url, within_s=0.3).text()
    assert value(text, "medreward_ray_scrape_up") == 0
    assert b"ray_x" not in text


def test_a_head_of_ray_s_that_does_not_end_is_given_up_and_asked_for_once(tmp_path: Path) -> None:
    with ray(endless_head=True) as url:
        page = NodePage(tmp_path, url, within_s=0.3)
        up = [value(page.text(), "medreward_ray_scrape_up") for _ in range(3)]
        assert [thread.name for thread in threading.enumerate()].count("ray-page") == 1
    assert up == [0, 0, 0]


def test_a_page_that_cannot_be_made_is_an_error_and_no_empty_page(tmp_path: Path) -> None:
    (tmp_path / "counter_0.db").write_bytes(b"\x40\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\x7f" + b"x" * 52)
    with ray() as url, running(serve(NodePage(tmp_path, url), 0)) as page:
        assert httpx.get(page).status_code == 500
        assert httpx.get(page.replace("/metrics", "/other")).status_code == 404


def test_the_command_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "medreward.observability.node", f"--directory={tmp_path / 'not-there-yet'}"]
    with ray() as url:
        ray_port = url.split(":")[2].split("/")[0]
        process = subprocess.Popen([*command, f"--port={port}", f"--ray-port={ray_port}"])
        try:
            until = time.monotonic() + 60
            while True:
                try:
                    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
                    break
                except httpx.TransportError:
                    assert time.monotonic() < until
                    assert process.poll() is None
                    time.sleep(0.1)
            assert value(text, "ray_x") == 7
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        finally:
            process.kill()
            process.wait()
