"""What panels ask Prometheus: the expressions that several of them have in common."""

from __future__ import annotations

JOB = 'job="$job"'
"""matcher of one release: the operator calls its targets namespace/name"""
RECIPE = f'{JOB}, recipe=~"$recipe"'
"""matcher of the recipes that are looked at"""
SERVED = f'{JOB}, application="medreward"'
"""matcher of Ray Serve's own metrics"""
QUANTILES = (0.5, 0.95, 0.99)


def rate(metric: str, matcher: str = JOB) -> str:
    """Per second, of each series of a counter."""
    return f"rate({metric}{{{matcher}}}[$__rate_interval])"


def total(metric: str, by: str = "", matcher: str = JOB) -> str:
    """Per second, of a counter, summed by the labels ``by``, or over all."""
    return f"{summed(by)} ({rate(metric, matcher)})"


def gauge(metric: str, by: str = "", matcher: str = JOB) -> str:
    """Of a gauge, summed by the labels ``by``, or over all."""
    return f"{summed(by)} ({metric}{{{matcher}}})"


def ray_gauge(metric: str, by: str = "", matcher: str = SERVED, over: str = "sum") -> str:
    """Of a gauge of Ray's, which is gone from its page whenever it was not set for a while: its value of late."""
    head = f"{over} by ({by})" if by else over
    return f"{head} (last_over_time({metric}{{{matcher}}}[2m]))"


def summed(by: str) -> str:
    """The head of a sum."""
    return f"sum by ({by})" if by else "sum"


def share(metric: str, part: str, by: str = "", matcher: str = JOB) -> str:
    """The share (0 to 1) of what also matches ``part`` in a counter; 0 where nothing of it was ever counted."""
    whole = total(metric, by, matcher)
    return f"({total(metric, by, f'{matcher}, {part}')} or 0 * {whole}) / {whole}"


def quantile(q: float, histogram: str, by: str = "", matcher: str = JOB) -> str:
    """A quantile of a histogram over the last moments, by the labels ``by``."""
    buckets = total(f"{histogram}_bucket", f"le, {by}" if by else "le", matcher)
    return f"histogram_quantile({q}, {buckets})"


def mean(histogram: str, by: str = "", matcher: str = JOB) -> str:
    """The mean of what a histogram observed over the last moments."""
    return f"{total(f'{histogram}_sum', by, matcher)} / {total(f'{histogram}_count', by, matcher)}"


def spread(histogram: str, by: str = "", matcher: str = JOB) -> str:
    """The standard deviation of what a histogram observed, which counts the squares beside it.

    By mean(x^2) - mean(x)^2, whose rounding may bring a constant below 0.
    """
    count = total(f"{histogram}_count", by, matcher)
    squares = total(f"{histogram}_squares_total", by, matcher)
    return f"sqrt(clamp_min({squares} / {count} - ({mean(histogram, by, matcher)}) ^ 2, 0))"
