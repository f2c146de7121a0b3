"""What can be seen of the service: metrics, traces, logs, the audit log, and the dashboards over them.

``observer``        what the doors tell of their requests; everything that watches requests listens there
``catalogue``       every metric name, once
``metrics``         what the ingress counts; ``judge_metrics`` and ``scorer_metrics``: what those processes do
``bulk``            a histogram that takes a batch at once
``shared``          how the processes of a node count together; ``exposition``: their sum, as text
``node``            the one page of a pod, Ray's metrics included; ``page``: several pages as one
``logs``            lines for people or as JSON, with the ids of ``request_id``; ``logs_files``: where they go
``tracing``         spans by OpenTelemetry
``audit``           every verdict with what it was made of
``dashboards``      Grafana's, as code
"""
