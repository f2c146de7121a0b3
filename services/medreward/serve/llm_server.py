"""What runs beside vLLM in the LLM deployment's replicas: Ray Serve's server, and two methods of the judge's.

A call carries plain dictionaries both ways. So the judge's process needs neither vLLM nor its classes, and whatever
vLLM raises is told here, where its types are known.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import Any

from ray.serve.llm.deployment import LLMServer

from medreward.judge.engines.weights import sampled_digest
from medreward.serve.llm import Ask


class JudgeLLMServer(LLMServer):
    """Ray Serve's LLM server, answering the judge."""

    _described: dict[str, str] | None = None

    async def answer(self, ask: Ask) -> dict[str, Any]:
        """The reply to one request, or ``{"error": {"code": HTTP status, "message": text}}``.

        When the call is cancelled, so is the generation behind it: vLLM aborts it.
        """
        from ray.serve.llm.openai_api_models import ChatCompletionRequest
        from vllm.v1.engine.exceptions import EngineDeadError  # type: ignore[import-not-found,unused-ignore]

        try:
            replies: Any = await self.chat(ChatCompletionRequest.model_validate(ask.body))
            async with aclosing(replies):
                async for reply in replies:
                    dumped: dict[str, Any] = reply.model_dump(exclude_none=True)
                    return dumped
        except EngineDeadError as error:
            return {"error": {"code": 503, "message": f"vLLM died: {error}"}}
        except ValueError as error:  # pydantic's included
            return {"error": {"code": 400, "message": str(error)}}
        return {"error": {"code": 500, "message": "vLLM gave no reply"}}

    async def describe(self) -> dict[str, str]:
        """vLLM's version and, when the weights are a local directory, its sampled digest."""
        if self._described is None:
            import vllm  # type: ignore[import-not-found,unused-ignore]

            config = self._llm_config.get_engine_config()
            assert config is not None  # the server is up, so its engine was configured
            source = Path(config.actual_hf_model_id)
            digest = await asyncio.to_thread(sampled_digest, source) if source.is_absolute() else ""
            # kept: what was loaded does not change, whatever happens to the directory later
            self._described = {"engine_version": vllm.__version__, "digest": digest}
        return self._described
