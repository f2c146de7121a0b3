"""Scoring: from a request to a reply, knowing neither HTTP nor gRPC nor Ray.

``pipeline``   read it first: the way of a batch
``check``      which rollouts cannot be scored at all
``registry``   every reward by name, ours and a user's
``recipes``    which rewards make up a reward, as data; ours are in ``shipped/``
``gates``      conditions under which a recipe's reward is 0
``combine``    outcomes -> result
``services``   the one call a batch makes to the judge, and to the scorer
``guarded``    a service that may do anything -> its answer, or one typed error
``deadline``   the one deadline of a request
"""
