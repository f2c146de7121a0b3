"""A policy that learns: GRPO on the CPU raises the reward of a tiny model. Draws docs/training-learns.png.

    MEDREWARD_DATA=... python -m tests.engines.learning --out docs/training-learns.png

The model is taught to answer yes as often as no, whatever it is asked, and the questions are all to be denied. The
answers part at one word, of short responses: what is to be seen is that rewards arrive with the right sign at the right
tokens, not how well a tiny model explores.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import mean, pstdev
from typing import Annotated, NamedTuple

import typer

from tests.engines import grpo, tiny_vl
from tests.open_questions import DATA, NO_DATA
from tests.running import served

STEPS = 18
PROMPTS = 2
SAMPLES = 32
LR = 2e-3
WARMUP = 4
"""steps until the learning rate is whole: Adam's first steps are as long as the rate, whatever the gradient"""
TAUGHT = 300
"""steps of teaching, after which nineteen in twenty of its responses are one of the two"""
RECIPE = """\
name: right
summary: the answer alone
components:
  answer: {weight: 1.0}
"""
RESPONSES = ("<answer>no</answer>", "<answer>yes</answer>")


class Curve(NamedTuple):
    """What a run got, step by step."""

    rewards: list[float]
    """mean of a step's rollouts"""
    spreads: list[float]
    """standard deviation within a group, mean over the step's groups"""


def train(folder: Path, data: Path, steps: int) -> Curve:
    """The run, with a reward cluster of its own.

    Args:
        folder: everything goes there.
        data: folder of the real data sets.
        steps: of GRPO.

    Raises:
        RuntimeError: the run did not end well; it holds the end of its log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    questions = grpo.write_data(folder / "data", data, "gemex", PROMPTS)
    tiny_vl.build(folder / "model", _asked(questions), RESPONSES, steps=TAUGHT)
    (folder / "right.yaml").write_text(RECIPE)
    settings = folder / "settings.yaml"
    settings.write_text(f"recipe_files: [{folder / 'right.yaml'}]\njudge: {{engine: none}}\n")
    with served(folder / "serve.log", "--config", str(settings)) as rewards:
        run = grpo.run(
            "gemex",
            rewards.url,
            folder / "model",
            questions,
            folder / "run",
            [
                "medreward.client.recipe=right",
                f"data.train_batch_size={PROMPTS}",
                f"actor_rollout_ref.actor.ppo_mini_batch_size={PROMPTS}",
                f"actor_rollout_ref.actor.optim.lr={LR}",
                f"actor_rollout_ref.actor.optim.lr_warmup_steps={WARMUP}",
                "actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=8",
                "actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=8",
                "actor_rollout_ref.ref.log_prob_micro_batch_size_per_gpu=8",
                f"actor_rollout_ref.rollout.n={SAMPLES}",
                "actor_rollout_ref.rollout.max_num_seqs=64",
                "data.max_response_length=32",
                f"trainer.total_epochs={steps}",
                f"trainer.total_training_steps={steps}",
            ],
        )
    if run.code != 0:
        raise RuntimeError(f"exit code {run.code}:\n{run.log[-6000:]}")
    return curve_of(run, steps)


def curve_of(run: grpo.Run, steps: int) -> Curve:
    """Out of the dump of every rollout, which must each have a reward."""
    rewards, spreads = [], []
    for step in range(1, steps + 1):
        groups: dict[str, list[float]] = {}
        for line in run.rollouts(step):
            groups.setdefault(line["group"], []).append(line["score"])
        rewards.append(mean(score for group in groups.values() for score in group))
        spreads.append(mean(map(pstdev, groups.values())))
    return Curve(rewards, spreads)


def draw(curve: Curve, out: Path) -> None:
    """The plot: mean reward of each step, and how far a group's rollouts are apart."""
    from matplotlib.figure import Figure

    steps = range(1, len(curve.rewards) + 1)
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    pairs = list(zip(curve.rewards, curve.spreads, strict=True))
    axes.fill_between(
        steps,
        [max(0.0, reward - spread) for reward, spread in pairs],
        [min(1.0, reward + spread) for reward, spread in pairs],
        alpha=0.2,
        linewidth=0,
        label="deviation within a group",
    )
    axes.plot(steps, curve.rewards, marker=".", label="mean reward")
    axes.set(
        xlabel="step",
        ylabel="reward (component answer)",
        xlim=(1, len(curve.rewards)),
        ylim=(0, 1.02),
        title=f"GRPO, {len(curve.rewards)} steps of {PROMPTS} prompts x {SAMPLES} rollouts\n"
        "tiny Qwen2.5-VL made for it, on a CPU",
    )
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    figure.savefig(out, dpi=110, metadata={"Software": None})


def _asked(questions: Path) -> list[str]:
    import pyarrow.parquet as pq

    return [row[0]["content"] for row in pq.read_table(questions)["prompt"].to_pylist()]


def main(
    out: Annotated[Path, typer.Option(help="The plot (PNG).")] = Path("docs/training-learns.png"),
    steps: Annotated[int, typer.Option(min=10, help="Of GRPO.")] = STEPS,
) -> None:
    """Train, print the rewards, draw them."""
    if not DATA:
        raise typer.BadParameter(NO_DATA)
    with tempfile.TemporaryDirectory() as folder:
        curve = train(Path(folder), Path(DATA), steps)
    typer.echo(" ".join(f"{reward:.2f}" for reward in curve.rewards))
    draw(curve, out)


if __name__ == "__main__":
    typer.run(main)
