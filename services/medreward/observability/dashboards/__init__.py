"""The Grafana dashboards, as code: ``python -m medreward.observability.dashboards --out DIR`` writes them as JSON.

``rewards``, ``judge`` and ``cluster`` are one dashboard each, in the words of ``panels`` (what a panel is) and
``queries`` (what it asks Prometheus). Only this package imports grafana-foundation-sdk, which is of the extra ``dev``:
what serves rewards needs none of it.
"""
