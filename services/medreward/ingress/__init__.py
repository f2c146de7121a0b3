"""The two doors: decode, score, encode, nothing more.

``http``     JSON over HTTP, with OpenAPI docs
``grpc``     ``medreward.v1.RewardService``
``auth``     who may ask, at either door
``keys``     API keys from a directory
``openapi``  the schema of the HTTP door, from the contract's types, with examples that work
"""
