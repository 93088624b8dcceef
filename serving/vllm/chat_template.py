"""Which of our chat templates fits a base model, and the tool-call parser that reads what it asks for."""

from dataclasses import dataclass
from pathlib import Path

from schemas.errors import InputInvalid
from serving.settings import PROJECT, ServingSettings

TEMPLATES = PROJECT / "serving" / "chat_templates"


@dataclass(frozen=True)
class ChatTemplate:
    """`parser` is the name of one of vLLM's tool-call parsers."""

    path: Path
    parser: str


# A special token of the tokenizer tells the family.
BY_TOKEN = {
    "<|start_header_id|>": ChatTemplate(TEMPLATES / "llama_3_1.jinja", "llama3_json"),
    "<|im_start|>": ChatTemplate(TEMPLATES / "smollm2.jinja", "hermes"),
}


def chat_template(settings: ServingSettings) -> ChatTemplate:
    """What the settings say, else what the base model's tokenizer tells. Raises InputInvalid naming the variable."""
    found = _by_tokenizer(settings.model)
    path = settings.chat_template or (found.path if found else None)
    parser = settings.tool_call_parser or (found.parser if found else None)
    if path is None or parser is None:
        raise InputInvalid(
            f"no chat template of ours fits the tokenizer in {str(settings.model)!r} (neither Llama 3 nor ChatML); "
            "name one with SERVING_CHAT_TEMPLATE and its parser with SERVING_TOOL_CALL_PARSER"
        )
    if not path.is_file():
        raise InputInvalid(f"SERVING_CHAT_TEMPLATE={str(path)!r} is not a file")
    return ChatTemplate(path, parser)


def _by_tokenizer(model: Path) -> ChatTemplate | None:
    for file in ("tokenizer_config.json", "tokenizer.json"):
        if (model / file).is_file():
            text = (model / file).read_text(encoding="utf-8")
            for token, template in BY_TOKEN.items():
                if f'"{token}"' in text:
                    return template
    return None
