"""`python -m serving cpu | auto | vllm`: serve every composition until stopped."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from schemas.command_line import OneLineParser, run_command
from schemas.errors import InputInvalid
from serving.cpu.preflight import held_port
from serving.settings import ServingSettings, read_settings


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    settings = read_settings({"host": options.host, "port": options.port, "model": options.model})
    if options.engine == "vllm":
        return _vllm(settings, only_print=options.print)
    if options.engine == "auto":
        return _auto(settings)
    return _cpu(settings)


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="python -m serving", description=__doc__)
    engines = parser.add_subparsers(dest="engine", required=True)
    described = {
        "cpu": "serve with transformers on the CPU",
        "vllm": "serve with vLLM on a GPU",
        "auto": "vLLM where an NVIDIA GPU and vLLM are present, else the CPU",
    }
    for engine, text in described.items():
        sub = engines.add_parser(engine, help=text, description=text)
        sub.add_argument("--host", help="loopback address to listen on (SERVING_HOST; 127.0.0.1)")
        sub.add_argument("--port", help="port to listen on, 0 for any free one (SERVING_PORT; 8000)")
        sub.add_argument("--model", type=Path, help="directory of the base model (SERVING_MODEL)")
        if engine == "vllm":
            sub.add_argument("--print", action="store_true", help="print the command instead of running it")
    return parser


def _cpu(settings: ServingSettings) -> int:
    with held_port(settings) as held:
        from serving.cpu.start import serve  # imports torch and transformers, which takes seconds

        serve(settings, held)
    return 0


def _auto(settings: ServingSettings) -> int:
    from serving.vllm.launch import has_nvidia_gpu, has_vllm

    if not has_nvidia_gpu():
        print("no NVIDIA GPU here; serving on the CPU", file=sys.stderr)
        return _cpu(settings)
    if not has_vllm():
        print("an NVIDIA GPU is here, but vLLM is not in this environment; serving on the CPU", file=sys.stderr)
        return _cpu(settings)
    return _vllm(settings, only_print=False)


def _vllm(settings: ServingSettings, only_print: bool) -> int:
    import shlex

    from serving.vllm.launch import composed_modules, has_vllm, vllm_argv

    argv = vllm_argv(settings, composed_modules(settings))
    if only_print:
        print(shlex.join(argv))
        return 0
    if not has_vllm():
        raise InputInvalid("vLLM is not in this environment; install the extra [vllm] on a machine with an NVIDIA GPU")
    os.execvp(argv[0], argv)


if __name__ == "__main__":
    run_command(main)
