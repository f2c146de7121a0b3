"""The two doors: decode, score, encode, nothing more.

``http``     JSON over HTTP, with OpenAPI docs
``grpc``     ``medreward.v1.RewardService``
``openapi``  the schema of the HTTP door, from the contract's types, with examples that work
"""
