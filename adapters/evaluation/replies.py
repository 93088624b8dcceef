"""What arms answered, kept a batch at a time: an interrupted evaluation goes on where it stopped."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path


class ReplyFile:
    """JSON lines of `{"row": place, "reply": text}`; the name is a digest of everything a reply depends on."""

    def __init__(self, folder: Path, depends_on: object) -> None:
        key = hashlib.sha256(json.dumps(depends_on, sort_keys=True).encode()).hexdigest()
        self.path = folder / f"{key[:32]}.jsonl"

    def read(self) -> dict[int, str]:
        """Replies by row. A line that a killed process left unfinished is cut off."""
        if not self.path.is_file():
            return {}
        content = self.path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:
            self.path.write_bytes(whole)
        lines = [json.loads(line) for line in whole.splitlines()]
        return {int(line["row"]): str(line["reply"]) for line in lines}

    def add(self, replies: Mapping[int, str]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write("".join(json.dumps({"row": row, "reply": reply}) + "\n" for row, reply in replies.items()))
