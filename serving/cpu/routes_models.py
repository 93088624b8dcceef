"""GET /v1/models: every composition that can be named, with the canonical, pinned spelling of each."""

import asyncio

from fastapi import APIRouter, Request
from openai.types import Model

from schemas.errors import AdapterError
from serving.cpu.chat_service import ChatService, model_not_found
from serving.cpu.compositions import Offer

router = APIRouter()


@router.get("/v1/models")
async def models(request: Request) -> dict[str, object]:
    service: ChatService = request.app.state.service
    offers = await asyncio.to_thread(service.compositions.offered)
    return {"object": "list", "data": [_model(service, offer) for offer in offers]}


@router.get("/v1/models/{name:path}")
async def model(request: Request, name: str) -> dict[str, object]:
    """Any composition that could be asked for, listed or not (weights, pinned digests)."""
    service: ChatService = request.app.state.service
    try:
        return _model(service, await asyncio.to_thread(service.compositions.offer, name))
    except AdapterError as error:
        raise model_not_found(name, error, service.compositions) from error


def _model(service: ChatService, offer: Offer) -> dict[str, object]:
    """OpenAI's object with vLLM's extras: `root` is the pinned name, `parent` what it stands on."""
    listed = Model(id=offer.name, object="model", created=service.compositions.created, owned_by=offer.owner)
    return {
        **listed.model_dump(exclude_unset=True),
        "root": offer.canonical,
        "parent": offer.parent,
        "max_model_len": service.engine.model.max_tokens,
    }
