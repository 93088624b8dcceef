"""Runs in vLLM's environment: `vllm bench serve` as often as asked, for the eight seconds of imports once.

Each line on stdin is the arguments of one run as JSON, each line on stdout its figures. The console script of vLLM
reads the version of a distribution named vllm, which the CPU build is not, so its module is called instead.
"""

import argparse
import json
import os
import platform
import sys

import torch
import vllm
from vllm.benchmarks import serve


def main() -> None:
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what the benchmark prints goes to the log
    parser = argparse.ArgumentParser(exit_on_error=False)
    serve.add_cli_args(parser)
    versions = {"python": platform.python_version(), "vllm": vllm.__version__, "torch": torch.__version__}
    print(json.dumps(versions), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(figures(parser, json.loads(line))), file=answers, flush=True)


def figures(parser: argparse.ArgumentParser, arguments: list[str]) -> dict[str, object]:
    try:
        result = serve.main(parser.parse_args([*arguments, "--save-detailed"]))
    except (Exception, SystemExit) as error:
        return {"failed": f"{type(error).__name__}: {error}"}
    numbers: dict[str, object] = {name: value for name, value in result.items() if isinstance(value, int | float)}
    if result["failed"]:
        reason = next((error for error in result["errors"] if error), "no reason given").strip().splitlines()[-1]
        return {"failed": f"{result['failed']} of {result['num_prompts']} requests failed: {reason}"}
    return numbers


if __name__ == "__main__":
    main()
