"""Every composition the server knows, asked the same question at the same time."""

import argparse
import asyncio

from openai import AsyncOpenAI

from adapters.prompts import copy_prompt, messages
from schemas.tasks import PlacementType


async def ask(client: AsyncOpenAI, model: str) -> str:
    reply = await client.chat.completions.create(
        model=model,
        messages=messages(copy_prompt(PlacementType.SPONSORED_DISPLAY, "Xando", "Ground Coffee 500 g")),
        temperature=0,
        max_tokens=60,
    )
    return f"--- {reply.model}\n{reply.choices[0].message.content}"


async def main() -> None:
    parser = argparse.ArgumentParser(description="Compare all compositions.")
    parser.add_argument("--base-url", default="http://127.0.0.1:8000/v1")
    parser.add_argument("--api-key", default="local", help="any text where the server asks for no key")
    options = parser.parse_args()

    client = AsyncOpenAI(base_url=options.base_url, api_key=options.api_key)
    names = [model.id async for model in client.models.list()]
    for answer in await asyncio.gather(*(ask(client, name) for name in names)):
        print(answer)


if __name__ == "__main__":
    asyncio.run(main())
