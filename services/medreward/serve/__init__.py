"""Ray Serve: the only room that imports ray.

``environment``  what must be in the environment *before* ray is imported; imports no ray itself
``app``          the deployments, and ``build``, which ``serveConfigV2`` and ``serve run`` name
``local``        a cluster on this machine, from start to stop
"""
