"""The rewards, one pure function a file.

``types``        what a reward is given and returns (read it first)
``answer``       is the final answer right, by rule?            (``matching`` holds the rules)
``semantics``    is it right in meaning? by rule, or by the judge
``grounding``    do the boxes lie where the reference's do?
``format``       is the response built as the recipe asks?
``consistency``  does the trajectory hold together? by the scorer
``self_check``   did the retry turn a wrong answer into a right one?
"""
