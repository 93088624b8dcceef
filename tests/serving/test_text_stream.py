"""Tokens to text: whole characters only, and nothing past a stop string."""

from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from serving.cpu.text_stream import TextStream


def byte_tokenizer() -> PreTrainedTokenizerFast:
    alphabet = {token: place for place, token in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    bytes_only = Tokenizer(models.BPE(vocab=alphabet, merges=[]))
    bytes_only.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytes_only.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=bytes_only)


TOKENIZER = byte_tokenizer()


def streamed(text: str, stop: tuple[str, ...] = ()) -> tuple[list[str], TextStream]:
    stream = TextStream(TOKENIZER, stop)
    pieces = []
    for token in TOKENIZER(text)["input_ids"]:
        pieces.append(stream.push(token))
        if stream.is_stopped:
            break
    return [*pieces, stream.finish()], stream


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_the_pieces_spell_the_text_and_break_no_character(text: str) -> None:
    pieces, _ = streamed(text)

    assert "".join(pieces) == text
    assert "\ufffd" in text or not any("\ufffd" in piece for piece in pieces)


@given(st.text("ab", max_size=12), st.lists(st.text("ab", min_size=1, max_size=3), min_size=1, max_size=2))
def test_nothing_past_the_first_stop_string_is_ever_shown(text: str, stops: list[str]) -> None:
    pieces, stream = streamed(text, tuple(stops))

    # A stop string is noticed at the token that completes it, so the earliest end wins.
    ends = [(text.index(stop) + len(stop), text.index(stop)) for stop in stops if stop in text]
    assert stream.is_stopped == bool(ends)
    first_end = min(ends)[0] if ends else 0
    expected = text[: min(start for end, start in ends if end == first_end)] if ends else text
    assert "".join(pieces) == expected


def test_what_may_become_a_stop_string_is_held_back() -> None:
    stream = TextStream(TOKENIZER, ("END",))

    shown = [stream.push(token) for token in TOKENIZER("a EN e")["input_ids"]]

    assert shown == ["a", " ", "", "", "EN ", "e"]


def test_an_unfinished_last_character_is_shown_as_broken_and_not_dropped() -> None:
    stream = TextStream(TOKENIZER, ())
    first_byte_of_two = TOKENIZER("é")["input_ids"][:1]

    shown = [stream.push(token) for token in (*TOKENIZER("caf")["input_ids"], *first_byte_of_two)]

    assert shown == ["c", "a", "f", ""]
    assert stream.finish() == "\ufffd"
