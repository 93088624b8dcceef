"""A tool the model must call; the arguments always fit the tool's schema."""

import argparse
import json

from openai import OpenAI

from adapters.prompts import SYSTEM
from schemas.tasks import PlacementType

CLEAN_ROOM_TOOL = {
    "type": "function",
    "function": {
        "name": "query_clean_room",
        "description": "Sums of a metric by placement type",
        "parameters": {
            "type": "object",
            "properties": {
                "metric": {"type": "string", "enum": ["impressions", "clicks", "conversions", "revenue", "cost"]},
                "placement_type": {"type": "string", "enum": [placement.value for placement in PlacementType]},
            },
            "required": ["metric", "placement_type"],
            "additionalProperties": False,
        },
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Let the model call a tool.")
    parser.add_argument("--base-url", default="http://127.0.0.1:8000/v1")
    parser.add_argument("--api-key", default="local", help="any text where the server asks for no key")
    parser.add_argument("--model", default="base")
    options = parser.parse_args()

    client = OpenAI(base_url=options.base_url, api_key=options.api_key)
    reply = client.chat.completions.create(
        model=options.model,
        messages=[
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": "How many clicks did sponsored search bring?"},
        ],
        tools=[CLEAN_ROOM_TOOL],
        tool_choice="required",
        temperature=0,
        max_tokens=80,
    )
    for call in reply.choices[0].message.tool_calls or []:
        print(call.function.name, json.loads(call.function.arguments))


if __name__ == "__main__":
    main()
