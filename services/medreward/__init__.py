"""medreward: reward services for reinforcement learning of medical vision-language models.

A rollout walks these rooms in order, once:

==================  =====================================================================
room                what happens there
==================  =====================================================================
``contract``        the wire types, their errors, and their protobuf twins
``ingress``         HTTP and gRPC: decode, score, encode, nothing more
``scoring``         the pipeline (read ``scoring/pipeline.py`` first), recipes, the registry
``parsing``         raw policy text -> :class:`~medreward.parsing.Trajectory`
``rewards``         one pure reward a file
``judge``           the seam to the semantics judge (a Protocol)
``scorer``          the seam to the trajectory scorer (a Protocol)
``serve``           Ray Serve deployments: the only ``import ray``
``observability``   every metric name, once
``readers``         public data sets -> rollouts, for the command line
``cli``             the ``medreward`` command
==================  =====================================================================
"""

__version__ = "0.1.0"
