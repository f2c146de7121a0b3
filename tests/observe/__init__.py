"""What is seen of the service: dashboards and alerts, held against a real Prometheus over a real cluster.

``python -m tests.observe.run`` is the long form; the tests here are the short one.
"""
