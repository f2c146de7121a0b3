"""Engines that answer the judge's prompts over the chat-completions protocol.

- ``chat``: the protocol, as pure functions; ``schema``: a rubric as a JSON schema
- ``openai``: any OpenAI-compatible endpoint, ``failures``: what can go wrong with it
- ``weights``: telling local weights apart

vLLM inside the cluster is reached through Ray Serve and therefore lives in ``medreward.serve.llm``.
"""
