"""One question to one composition; the default is a report column with a German name."""

import argparse

from openai import OpenAI

from adapters.prompts import messages


def main() -> None:
    parser = argparse.ArgumentParser(description="Ask one composition one question.")
    parser.add_argument("--base-url", default="http://127.0.0.1:8000/v1")
    parser.add_argument("--api-key", default="local", help="any text where the server asks for no key")
    parser.add_argument("--model", default="industry_retail_media")
    parser.add_argument("question", nargs="?", default="Task: map column\nColumn: Klicks\nValues: 12, 3, 0")
    options = parser.parse_args()

    client = OpenAI(base_url=options.base_url, api_key=options.api_key)
    reply = client.chat.completions.create(
        model=options.model, messages=messages(options.question), temperature=0, max_tokens=120
    )

    print(reply.choices[0].message.content)
    print(f"answered by {reply.model}, {reply.usage.completion_tokens} tokens")


if __name__ == "__main__":
    main()
