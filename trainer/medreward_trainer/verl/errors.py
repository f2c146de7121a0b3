"""What can go wrong in a training run, who raises it, who sees it.

:class:`ConfigError`   the configuration makes no sense; raised before Ray starts, seen at the command line.
:class:`Unscored`      ``compute_score`` got no reward; verl sees it and drops the sample. Our own loops do not raise
                       it: they carry the absence to the trainer.
:class:`Refused`       the service does not take what the run sends (another attempt would be refused too); the trainer
                       raises it once a rollout came back so, and the run ends.
:class:`ServiceGone`   the service stayed away, or gave too few rewards, for longer than the run waits; the trainer
                       raises it after it saved a checkpoint, and the run ends.

The last two cross process borders, so each is made from its message alone.
"""

from __future__ import annotations


class ConfigError(ValueError):
    """A run cannot start; the message names each key that is wrong."""


class Unscored(RuntimeError):
    """There is no reward for this sample; the message says why. It is no statement about the sample."""


class Refused(RuntimeError):
    """The service refuses the run's requests, or the data holds what cannot be scored; the message names the field."""


class ServiceGone(RuntimeError):
    """The run ended for want of rewards; the message says what was waited for and where the checkpoint is."""
