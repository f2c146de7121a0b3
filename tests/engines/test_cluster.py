"""The whole line with a real vLLM judge: ``medreward serve`` with a settings file, asked over HTTP.

The model is tiny and random, so its verdicts mean nothing. What is shown is that every rollout gets what the engine
said or a typed failure, that equal judgements are asked once, and that a dead or stuck engine costs no rollout.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import yaml

from medreward.contract import codec
from medreward.contract import types as t
from tests.bench.judged import asks
from tests.engines import tiny_llama
from tests.engines.servers import ENGINE_KWARGS, ENV, SEQUENCES
from tests.open_questions import DATA, NO_DATA, rollouts
from tests.running import Cluster, served


@pytest.fixture(scope="module")
def line(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster whose judge is vLLM over the tiny model."""
    directory = tmp_path_factory.mktemp("line")
    vllm = {
        "model": str(models / "judge"),
        "device": "cpu",
        "max_model_len": tiny_llama.CONTEXT,
        "max_num_seqs": SEQUENCES,
        "engine_kwargs": ENGINE_KWARGS,
        "env": ENV,
    }
    config = directory / "settings.yaml"
    config.write_text(yaml.safe_dump({"judge": {"engine": "vllm", "vllm": vllm}}))
    with served(directory / "serve.log", "--config", str(config)) as running:
        yield running


def in_groups(salt: str, groups: int) -> list[t.Rollout]:
    """Groups of eight with repeated answers: five different ones in each, one of them the reference itself."""
    return [
        t.Rollout(
            id=f"{salt}/{number}",
            group_id=ask.question,
            question=ask.question,
            question_type="open_ended",
            context=ask.context,
            response=f"<think>-</think><response><answer>{ask.candidate}</answer></response>",
            reference=t.Reference(ask.reference),
        )
        for number, ask in enumerate(asks(groups, salt))
    ]


def is_reference(rollout: t.Rollout) -> bool:
    """Whether the answer is the reference's words, so that no judge is asked."""
    assert rollout.reference is not None
    return f"<answer>{rollout.reference.answer}." in (rollout.response or "")


def score(line: Cluster, given: list[t.Rollout], *, explain: bool = False, deadline_ms: int = 300_000) -> Any:
    request = t.ScoreRequest(components={"semantics": 1.0}, rollouts=given, explain=explain, deadline_ms=deadline_ms)
    answer = httpx.post(f"{line.url}/v1/score", content=codec.encode(request), timeout=deadline_ms / 1000 + 30)
    assert answer.status_code == 200, answer.text[:500]
    return answer.json()


def components(reply: Any) -> list[dict[str, Any]]:
    return [result["components"]["semantics"] for result in reply["results"]]


def replica(line: Cluster, deployment: str) -> psutil.Process:
    """The process of the deployment's one replica."""
    (found,) = [
        process
        for process in psutil.Process(line.process.pid).children(recursive=True)
        if f"ServeReplica:medreward:{deployment}" in " ".join(process.cmdline())
    ]
    return found


@pytest.mark.skipif(not DATA, reason=NO_DATA)
@pytest.mark.parametrize("name", ["vqa_rad", "slake"])
def test_real_open_questions_are_judged_end_to_end(line: Cluster, name: str) -> None:
    given = list(rollouts(name))[:300]
    reply = score(line, given)
    assert [result["id"] for result in reply["results"]] == [rollout.id for rollout in given]
    assert {component["status"] for component in components(reply)} == {"ok"}
    assert {component["value"] for component in components(reply)} <= {0.0, 1.0}
    made = reply["fingerprint"]["judge"]
    assert made["engine"] == "vllm"
    assert made["revision"]
    assert made["engine_version"].startswith("0.")


def test_engine_calls_are_as_many_as_distinct_judgements(line: Cluster) -> None:
    given = in_groups("distinct", 128)
    distinct = {(rollout.question, rollout.response) for rollout in given}
    reply = score(line, given)
    counts = reply["timing_ms"]["judge_counts"]
    assert (len(given), len(distinct)) == (1024, 640)
    # in each group one answer needs no judge, since it is the reference
    assert counts["asked"] == 1024 - 128
    assert counts["engine_calls"] == 640 - 128
    assert counts["coalesced"] == 384
    assert {component["status"] for component in components(reply)} == {"ok"}
    # and once they are judged, none is asked again
    again = score(line, given)
    assert again["timing_ms"]["judge_counts"]["cache_hits"] == 640 - 128
    assert "engine_calls" not in again["timing_ms"]["judge_counts"]
    assert components(again) == components(reply)


def test_concurrent_requests_share_their_judgements(line: Cluster) -> None:
    given = in_groups("shared", 32)
    replies: list[Any] = [None] * 4

    def send(number: int) -> None:
        replies[number] = score(line, given)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(reply["timing_ms"]["judge_counts"].get("engine_calls", 0) for reply in replies) == 4 * 32
    assert all(components(reply) == components(replies[0]) for reply in replies)


def test_a_killed_engine_loses_no_rollout_and_invents_none(line: Cluster) -> None:
    given = in_groups("killed", 128)
    replies: list[Any] = []
    thread = threading.Thread(target=lambda: replies.append(score(line, given)))
    engine = replica(line, "LLM")
    thread.start()
    time.sleep(1.0)  # some of the judgements are done by then, most are not
    assert thread.is_alive()
    for process in [*engine.children(recursive=True), engine]:
        process.kill()
    thread.join(300)
    (reply,) = replies
    assert [result["id"] for result in reply["results"]] == [rollout.id for rollout in given]
    assert {component["status"] for component in components(reply)} == {"ok"}
    assert reply["timing_ms"]["judge_counts"]["retries"] > 0
    # asked with the reason they are asked anew: the engine that nobody killed says the same of the last ones
    again = score(line, given[-128:], explain=True)
    assert again["timing_ms"]["judge_counts"]["engine_calls"] == 4 * 16
    assert [(c["value"], c["detail"]) for c in components(again)] == [
        (c["value"], c["detail"]) for c in components(reply)[-128:]
    ]


def test_early_stop_gives_the_scores_of_the_full_reason(line: Cluster) -> None:
    given = in_groups("early", 32)
    early = score(line, given)
    full = score(line, given, explain=True)
    assert all("reason" not in (component.get("explanation") or {}) for component in components(early))
    assert [component["value"] for component in components(full)] == [c["value"] for c in components(early)]
    assert [component["detail"] for component in components(full)] == [c["detail"] for c in components(early)]
    judged = [c for c, rollout in zip(components(full), given, strict=True) if not is_reference(rollout)]
    assert all(component["explanation"]["reason"] for component in judged)
    few, many = (one["timing_ms"]["judge_counts"] for one in (early, full))
    assert few["engine_calls"] == many["engine_calls"]
    assert few["completion_tokens"] < many["completion_tokens"] / 4


def test_a_stuck_engine_holds_nobody_past_the_deadline(line: Cluster) -> None:
    given = in_groups("stuck", 4)
    engine = replica(line, "LLM")
    stuck = [engine, *engine.children(recursive=True)]
    for process in stuck:
        process.send_signal(signal.SIGSTOP)
    try:
        started = time.monotonic()
        reply = score(line, given, deadline_ms=2000)
        spent = time.monotonic() - started
    finally:
        for process in stuck:
            process.send_signal(signal.SIGCONT)
    judged = [result for result, rollout in zip(reply["results"], given, strict=True) if not is_reference(rollout)]
    assert {(c["status"], c.get("value")) for c in components({"results": judged})} == {("timeout", None)}
    assert all("reward" not in result for result in judged)
    assert spent < 20  # a stuck engine would hold it for ever
    after = score(line, in_groups("unstuck", 4))
    assert {component["status"] for component in components(after)} == {"ok"}


def test_canaries_find_the_judge_sound(line: Cluster, tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    command = [sys.executable, "-m", "medreward", "canary", "--url", line.url, "--expect", "sound", "--out", str(out)]
    done = subprocess.run(
        [*command, "--deadline-ms", "300000"], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert json.loads(out.read_text())["report"]["absent"] == 0


def test_every_shipped_rubric_gets_a_verdict_on_its_menu(line: Cluster) -> None:
    for rubric in httpx.get(f"{line.url}/v1/rubrics").json()["rubrics"]:
        body = {"items": [{"fields": dict.fromkeys(rubric["fields"], "right lower lobe opacity")}], "explain": True}
        body["items"][0]["fields"] |= {name: "left" for name in ("candidate",) if name in rubric["fields"]}
        (verdict,) = httpx.post(f"{line.url}/v1/judge/{rubric['name']}", json=body, timeout=120).json()["verdicts"]
        assert verdict["status"] == "ok", verdict
        for name, given in verdict.get("scores", {}).items():
            assert rubric["scores"][name]["lowest"] <= given <= rubric["scores"][name]["highest"]
        assert verdict.get("scores") or verdict["choice"] in rubric["options"]
