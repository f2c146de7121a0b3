"""What `helm test` runs: python -c THIS URL SECONDS KEYS_DIRECTORY|none judge|no-judge.

Waits until the service is ready, scores the shipped examples with a key, checks that every reward that should be there
is, and puts the canaries to the judge, where there is one. Each step says what it found; the first that fails ends it
with 1.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from importlib.resources import files
from pathlib import Path
from typing import Any

url, seconds, keys, judge = sys.argv[1].rstrip("/"), float(sys.argv[2]), sys.argv[3], sys.argv[4] == "judge"
until = time.monotonic() + seconds
headers = {"content-type": "application/json"}
if keys != "none":
    # any key of the Secret will do; the hidden names are Kubernetes' own
    file = next(path for path in sorted(Path(keys).iterdir()) if not path.name.startswith("."))
    key = file.read_text().strip()
    headers["authorization"] = f"Bearer {key}"
    os.environ["MEDREWARD_API_KEY"] = key
    print(f"asking as {file.name!r}")


def ask(path: str, body: dict[str, Any] | None = None, timeout: float = 120.0) -> Any:
    """The service's answer; an HTTP error is raised."""
    sent = urllib.request.Request(url + path, json.dumps(body).encode() if body else None, headers)
    with urllib.request.urlopen(sent, timeout=timeout) as answer:
        return json.load(answer)


while True:
    try:
        ask("/readyz", timeout=5.0)
        break
    except (OSError, ValueError) as error:
        if time.monotonic() > until:
            sys.exit(f"{url} was not ready within {seconds:g} s; last: {error}")
        time.sleep(2)
print(f"{url} is ready")

lines = (files("medreward.examples") / "gemex.jsonl").read_text().splitlines()
rollouts = [json.loads(line) for line in lines]
if not judge:
    rollouts = [rollout for rollout in rollouts if rollout["question_type"] != "open_ended"]
try:
    reply = ask("/v1/score", {"recipe": "gemex", "deadline_ms": 60000, "rollouts": rollouts})
except urllib.error.HTTPError as error:
    sys.exit(f"POST /v1/score: {error.code} {error.read().decode(errors='replace')}")
wrong = []
for result in reply["results"]:
    statuses = {name: part["status"] for name, part in result["components"].items()}
    print(f"{result['id']}: {result.get('reward')} {statuses}")
    if set(statuses.values()) != {"ok"} or result.get("reward") is None:
        wrong.append(result["id"])
if wrong or len(reply["results"]) != len(rollouts):
    sys.exit(f"without a reward: {', '.join(wrong) or 'some rollouts'}")
print(f"{len(rollouts)} rollouts scored; judge: {reply['fingerprint'].get('judge')}")

if judge:
    sys.stdout.flush()
    os.execvp("medreward", ["medreward", "canary", "--url", url, "--deadline-ms", "300000"])
