"""The benchmark's pure parts: what is compared with what. Runs without vLLM."""

from serving.vllm.launch import RUNTIME_LORA, Launch
from tests.vllm.bench.cases import Side, all_cases, in_order
from tests.vllm.bench.figures import ratios, spreads, table
from tests.vllm.bench.servers import without_lora


def run(speed: float) -> dict[str, float]:
    return {"output_tokens_per_s": speed, "ttft_ms": 1.0, "tpot_ms": 1.0}


def test_the_plain_server_keeps_every_flag_but_those_of_lora() -> None:
    argv = ("python", "--model", "m", "--enable-lora", "--max-loras", "2", "--middleware", "x", "--port", "1")
    environment = {RUNTIME_LORA: "1", "SERVING_PORT": "1", "HOME": "h", "VLLM_PLUGINS": "federation"}

    plain = without_lora(Launch(argv, environment))

    assert plain.argv == ("python", "--model", "m", "--port", "1")
    assert plain.environment == {"HOME": "h", "VLLM_PLUGINS": ""}


def test_the_cases_reach_past_the_slots_and_past_memory() -> None:
    names = {case.key: len(case.names) for case in all_cases(max_loras=2, max_resident=4)}

    assert names == {
        "no_lora": 0, "base": 0, "single": 1, "composed": 1, "in_slots": 2, "over_slots": 3, "over_memory": 6,
    }  # fmt: skip


def test_no_case_is_always_first() -> None:
    cases = all_cases(2, 4)

    firsts = {in_order(cases, repeat, 3, together=True)[0].key for repeat in range(3)}

    assert len(firsts) == 3
    apart = in_order(cases, 1, 3, together=False)
    assert [case.side for case in apart].count(Side.WITHOUT_LORA) == 1


def test_a_ratio_is_taken_within_a_repeat_and_a_failed_run_is_left_out() -> None:
    own, plain = [run(50), run(80), {"failed": "gone"}], [run(100), run(100), run(100)]

    found = ratios(own, plain)

    assert found["output_tokens_per_s"] == {"median": 0.65, "min": 0.5, "max": 0.8, "n": 2}
    assert spreads([{"failed": "gone"}], ("ttft_ms",)) == {}
    cases = [
        {"title": "plain", "to_no_lora": {}},
        {"title": "one", "to_no_lora": found},
        {"title": "x", "to_no_lora": {}},
    ]
    assert "| one | 0.65 (0.50 to 0.80)" in table(cases)
    assert "| x | failed | failed | failed |" in table(cases)
