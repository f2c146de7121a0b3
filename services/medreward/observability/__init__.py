"""Every metric name, once (``metrics``)."""
