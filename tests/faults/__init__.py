"""Faults on a real cluster: what is lost, what is invented, and how soon everything scores again.

rollouts   the burst: 1 024 rollouts of both papers' recipes, each unlike the others
oracle     what each of them must come to, computed in this process before anything is broken
ends       what a rollout came to; counted against the oracle: scored, absent, refused, lost, invented
load       senders: the trainer's client and plain HTTP, until told to end
probe      whether everything scores now
places     clusters to break, with what stands behind them: an endpoint that judges, a Redis, a small disk
processes  their processes
stage      what a scenario has in hand
kills, engines, memory, disk, overload, upgrades   the scenarios
scenarios  all of them, by name, in the order in which they run
run        the command: ``python -m tests.faults.run``
report     its table, its JSON, and the figures in docs/promises.md
"""
