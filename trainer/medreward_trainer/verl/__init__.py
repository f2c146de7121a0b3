"""verl's side: rewards during rollouts, MEDSAGE's self-check credit, and a trainer that leaves out what has no reward.

Read ``agent_loop`` first (what a rollout is), then ``advantage`` (what it trains), then ``trainer``.

===============  =====================================================================================
``settings``     the section ``medreward:`` of a run's configuration, and what it asks of verl's own keys
``compose``      a configuration file and overrides -> the run's configuration (hydra)
``reward``       ``compute_score``: rewards for anyone's verl, with an unchanged trainer
``agent_loop``   the loops ``medreward`` (one turn) and ``medsage`` (self-check-guided retry)
``asking``       what a loop asks of the reward service, and what it makes of the replies
``segments``     the tokens of a rollout and who wrote them
``outcome``      what became of a rollout: its reward and breakdown, or why there is none
``advantage``    rewards -> group-relative advantages -> tokens (pure arithmetic)
``metrics``      outcomes -> the run's metrics
``dump``         outcomes -> lines of the rollout dump
``outage``       when a batch is not to be trained on, and how long the service is waited for
``admission``    no batch reaches the trainer before it passed ``outage``
``trainer``      verl's synchronous trainer with all of this
``freeze``       a vision tower that really is frozen
``cpu``          verl without a GPU, for tests
``environment``  the environment variables of a run's processes
``main``         starts a run
``logs``         our log lines, whatever the libraries do to the root logger
``errors``       what can go wrong
===============  =====================================================================================

``reward``, ``settings``, ``asking``, ``segments``, ``outcome``, ``advantage``, ``metrics``, ``dump`` and ``outage``
import no verl.
"""
