"""A reply that is a typed value: the server lets the model write nothing else."""

import argparse

from openai import OpenAI
from pydantic import BaseModel

from adapters.prompts import messages, plan_prompt
from schemas.tasks import Kpi, Objective, Pacing, PlacementType

BRIEF = "Launch Xando Dark Roast fast. Profit matters most, and shoppers should find us when they search."


class PlanReply(BaseModel):
    objective: Objective
    pacing: Pacing
    lead_placement: PlacementType
    kpi: Kpi
    product_node: str
    guardrail: str


def main() -> None:
    parser = argparse.ArgumentParser(description="Turn a brief into plan choices.")
    parser.add_argument("--base-url", default="http://127.0.0.1:8000/v1")
    parser.add_argument("--api-key", default="local", help="any text where the server asks for no key")
    parser.add_argument("--model", default="industry_retail_media+manufacturer_brand_x")
    parser.add_argument("--brief", default=BRIEF)
    options = parser.parse_args()

    client = OpenAI(base_url=options.base_url, api_key=options.api_key)
    reply = client.chat.completions.parse(
        model=options.model,
        messages=messages(plan_prompt(options.brief)),
        response_format=PlanReply,
        temperature=0,
        max_tokens=96,
    )
    print(repr(reply.choices[0].message.parsed))

    choice = client.chat.completions.create(
        model=options.model,
        messages=messages(plan_prompt(options.brief)),
        temperature=0,
        extra_body={"structured_outputs": {"choice": [pacing.value for pacing in Pacing]}},
    )
    print(f"pacing as one of a list: {choice.choices[0].message.content}")


if __name__ == "__main__":
    main()
