"""The images: what their Dockerfiles say, and the one for CPUs built and run.

========== ============================================================
indexes    where pip finds packages here, told to a build
podman     images and containers in a store of their own
base       what an image is built from
conftest   the image, built once, and a service that runs in it
========== ============================================================
"""
