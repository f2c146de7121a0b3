"""The two doors: decode, score, encode, nothing more.

``http``     JSON over HTTP, with OpenAPI docs
``grpc``     ``medreward.v1.RewardService``
``auth``     who may ask, at either door
``keys``     API keys from a directory
``defects``  what becomes of a defect of ours, at the HTTP door
``rates``    how much each client may ask for
``readiness``  whether this process can score what its settings promise
``settings``  of rates, and of what is refused since it would be late (``medreward.scoring.admission``)
``openapi``  the schema of the HTTP door, from the contract's types, with examples that work
``docs_page``, ``security_headers``  what a browser is shown, and told
"""
