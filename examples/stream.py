"""A reply as it is written."""

import argparse

from openai import OpenAI

from adapters.prompts import copy_prompt, messages
from schemas.tasks import PlacementType


def main() -> None:
    parser = argparse.ArgumentParser(description="Stream a reply.")
    parser.add_argument("--base-url", default="http://127.0.0.1:8000/v1")
    parser.add_argument("--api-key", default="local", help="any text where the server asks for no key")
    parser.add_argument("--model", default="industry_retail_media+manufacturer_brand_x")
    options = parser.parse_args()

    client = OpenAI(base_url=options.base_url, api_key=options.api_key)
    stream = client.chat.completions.create(
        model=options.model,
        messages=messages(copy_prompt(PlacementType.SPONSORED_NATIVE, "Xando", "Ground Coffee 500 g")),
        temperature=0,
        max_tokens=120,
        stream=True,
        stream_options={"include_usage": True},
    )
    for chunk in stream:
        for choice in chunk.choices:
            print(choice.delta.content or "", end="", flush=True)
        if chunk.usage:
            print(f"\n{chunk.usage.completion_tokens} tokens by {chunk.model}")


if __name__ == "__main__":
    main()
