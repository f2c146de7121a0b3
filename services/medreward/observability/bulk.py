"""A histogram that takes the values of a batch at once.

In a cluster every number of a metric lies in a file that other processes read, so that one write a rollout would cost
more than to count the batch first and write each bucket once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter as Tally
from collections.abc import Collection

from prometheus_client import Histogram


class BulkHistogram(Histogram):
    """:class:`prometheus_client.Histogram`, and :meth:`add`."""

    def add(self, values: Collection[float]) -> None:
        """The same as ``observe`` of each of these finite values, with one write a bucket."""
        if not values:
            return
        buckets: Tally[int] = Tally()
        # mostly few distinct values, 0 and 1 foremost
        for value, count in Tally(values).items():
            buckets[bisect_left(self._upper_bounds, value)] += count
        self._sum.inc(sum(values))
        for index, count in buckets.items():
            self._buckets[index].inc(count)
