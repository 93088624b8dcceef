"""`python -m serving`: serve every composition until stopped, on one machine or several; make an API key."""

import argparse
import importlib.util
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from schemas.command_line import OneLineParser, run_command
from schemas.errors import InputInvalid
from serving.cluster.front import serve_front
from serving.cluster.start import serve_cluster
from serving.edge.opening import open_registry, refuse_open_host
from serving.edge.tenants import new_key
from serving.preflight import bound_socket, held_port, require_base_model
from serving.settings import FILE_VARIABLE, ServingSettings, read_settings
from serving.vllm.launch import become_vllm, has_vllm, prepared
from serving.vllm.profiles import PROFILES, gpu_memory_gib

ENGINES = {
    "cpu": "serve with transformers on the CPU",
    "vllm": "serve with vLLM",
    "auto": "vLLM where an NVIDIA GPU and vLLM are present, else the CPU",
    "cluster": "several replicas behind a router and one edge, on this machine",
    "front": "the edge alone, in front of a router that already runs",
}


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    if options.engine == "key":
        return _key()
    settings = _settings(options)
    serve = {"cpu": _cpu, "vllm": _vllm, "auto": _auto, "cluster": _cluster, "front": _front}[options.engine]
    return serve(settings, options)


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="python -m serving", description=__doc__)
    engines = parser.add_subparsers(dest="engine", required=True)
    for engine, text in ENGINES.items():
        sub = engines.add_parser(engine, help=text, description=text)
        sub.add_argument("--settings", type=Path, help=f"TOML file of settings ({FILE_VARIABLE})")
        sub.add_argument("--host", help="address to listen on (SERVING_HOST; 127.0.0.1)")
        sub.add_argument("--port", help="port to listen on (SERVING_PORT; 8000)")
        sub.add_argument("--model", type=Path, help="directory of the base model (SERVING_MODEL)")
        sub.add_argument("--tenants", type=Path, help="TOML file of tenants and hashed keys (SERVING_TENANTS)")
        if engine == "vllm":
            sub.add_argument("--profile", help=f"auto, {', '.join(PROFILES)} (SERVING_PROFILE; auto)")
            sub.add_argument("--compositions", help="on-demand or static (SERVING_COMPOSITIONS; on-demand)")
            sub.add_argument("--print", action="store_true", help="print the command instead of running it")
        if engine == "cluster":
            sub.add_argument("--replicas", type=int, default=2, choices=range(1, 17), metavar="N", help="default: 2")
        if engine == "front":
            sub.add_argument("--upstream", help="the router's URL (SERVING_UPSTREAM; http://127.0.0.1:30000)")
    engines.add_parser("key", help="make an API key", description="Make an API key and its hash for the tenants file.")
    return parser


def _settings(options: argparse.Namespace) -> ServingSettings:
    if options.settings is not None:
        os.environ[FILE_VARIABLE] = str(options.settings)
    named = ("host", "port", "model", "tenants", "profile", "compositions", "upstream")
    return read_settings({name: getattr(options, name, None) for name in named})


def _cpu(settings: ServingSettings, _: argparse.Namespace) -> int:
    with held_port(settings) as held:
        from serving.cpu.start import serve  # imports torch and transformers, which takes seconds

        serve(settings, held)
    return 0


def _auto(settings: ServingSettings, options: argparse.Namespace) -> int:
    if gpu_memory_gib() is None:
        print("no NVIDIA GPU here; serving on the CPU", file=sys.stderr)
        return _cpu(settings, options)
    if not has_vllm():
        print("an NVIDIA GPU is here, but vLLM is not in this environment; serving on the CPU", file=sys.stderr)
        return _cpu(settings, options)
    become_vllm(prepared(settings, os.environ))
    return 0


def _vllm(settings: ServingSettings, options: argparse.Namespace) -> int:
    launch = prepared(settings, os.environ)
    if options.print:
        print(shlex.join(launch.argv))
        return 0
    become_vllm(launch)
    return 0


def _cluster(settings: ServingSettings, options: argparse.Namespace) -> int:
    require_base_model(settings)
    if importlib.util.find_spec("vllm_router") is None:
        raise InputInvalid("vllm-router is not in this environment; install the extra [cluster]")
    serve_cluster(settings, options.replicas)
    return 0


def _front(settings: ServingSettings, _: argparse.Namespace) -> int:
    refuse_open_host(settings, open_registry(settings))
    with bound_socket(settings.host, settings.port) as held:
        serve_front(settings, held)
    return 0


def _key() -> int:
    key, sha256 = new_key()
    print(f"API key, shown once and stored nowhere: {key}", file=sys.stderr)
    print("into the tenants file, below [tenants.ID]:", file=sys.stderr)
    print(f'keys = [{{ sha256 = "{sha256}" }}]')
    return 0


if __name__ == "__main__":
    run_command(main)
