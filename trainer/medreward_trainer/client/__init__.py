"""The client: rewards for code that awaits them one rollout at a time, and a service that likes batches.

``settings``   what is called, within which limits
``types``      what comes back: :class:`Scored`, :class:`Service`, :class:`Readiness`
``errors``     what can go wrong, who raises it, who sees it
``client``     :class:`RewardClient`: the calls, and how they get their results
``loops``      :func:`client_of`: the running event loop's own client
``batches``    calls that leave together
``sending``    a batch on its way: deadline, retries, refusals
``circuit``    no hammering of a service that is gone
``endpoints``  several addresses of a service, the healthy one kept
``http``, ``grpc``, ``proto``, ``replies``, ``refusals``  one exchange with one endpoint
``stats``      counters and latency for the run's logs

It imports no ray, torch or verl (a test holds it to that).
"""

from medreward_trainer.client.client import RewardClient
from medreward_trainer.client.errors import ClientClosed, RequestRefused, ServiceLost
from medreward_trainer.client.loops import client_of, close_clients
from medreward_trainer.client.settings import ClientSettings
from medreward_trainer.client.stats import ClientStats
from medreward_trainer.client.types import Readiness, Scored, Service

__all__ = [
    "ClientClosed",
    "ClientSettings",
    "ClientStats",
    "Readiness",
    "RequestRefused",
    "RewardClient",
    "Scored",
    "Service",
    "ServiceLost",
    "client_of",
    "close_clients",
]
