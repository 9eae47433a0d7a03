"""References and letter ids: the same for the same mail, tolerant to read, hard to guess."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcase.core import ids

KEY = b"k" * 32
digests = st.binary(min_size=32, max_size=32)


@given(digests, st.integers(0, 50))
def test_a_reference_is_read_back_however_it_was_typed(digest: bytes, counter: int) -> None:
    reference = ids.reference(KEY, "CST", digest, counter)
    typed = [
        reference,
        reference.lower(),
        reference.replace("-", ""),
        reference.replace("-", " "),
        reference.replace("-", "\u2011"),
        reference.replace("0", "O").replace("1", "l"),
        f"Re: your complaint ({reference}).",
        f"complaints+{ids.tag(reference)}@firm.example",
    ]
    for text in typed:
        assert list(ids.find_references("CST", text)) == [reference], text


@given(digests, st.data())
def test_one_wrong_symbol_or_two_swapped_is_no_reference(digest: bytes, data: st.DataObject) -> None:
    reference = ids.reference(KEY, "MC", digest)
    symbols = list(reference.removeprefix("MC-").replace("-", ""))
    here, there = data.draw(st.lists(st.integers(0, 8), min_size=2, max_size=2, unique=True))
    swapped = symbols.copy()
    swapped[here], swapped[there] = swapped[there], swapped[here]
    wrong = symbols.copy()
    wrong[here] = data.draw(st.sampled_from(ids.ALPHABET.replace(symbols[here], "")))
    for broken in (swapped, wrong):
        if broken != symbols:
            assert list(ids.find_references("MC", "MC" + "".join(broken))) == []


@pytest.mark.parametrize(
    "text", ["", "CST", "CST-UUUU-UUUUU", "XCST-7K4M-92QFX1", "CST-7K4M-92QFXZ9", "CST-" + "0" * 5000]
)
def test_what_is_no_reference(text: str) -> None:
    assert list(ids.find_references("CST", text)) == []


def test_the_same_mail_gives_the_same_ids_and_another_key_gives_others() -> None:
    digest = b"d" * 32
    assert ids.reference(KEY, "CST", digest) == ids.reference(KEY, "CST", digest)
    assert ids.reference(KEY, "CST", digest) != ids.reference(b"j" * 32, "CST", digest)
    assert ids.reference(KEY, "CST", digest) != ids.reference(KEY, "CST", digest, 1)
    assert ids.letter_id(KEY, digest, "acknowledgement") != ids.letter_id(KEY, digest, "update")
    assert len(ids.letter_id(KEY, digest, "acknowledgement")) == 26


def test_a_tagged_address_fits_into_64_octets_with_a_letter_id() -> None:
    address = ids.tagged("customer-experience@firm.example", ids.letter_id(KEY, b"d", "update"))
    assert len(address.rpartition("@")[0]) <= 64


def test_the_chain_depends_on_every_part() -> None:
    first = ids.chain(b"", "2026-11-21", "received", ids.content_hash(b"salt", "text"))
    others = [
        ids.chain(b"x", "2026-11-21", "received", ids.content_hash(b"salt", "text")),
        ids.chain(b"", "2026-11-22", "received", ids.content_hash(b"salt", "text")),
        ids.chain(b"", "2026-11-21", "note", ids.content_hash(b"salt", "text")),
        ids.chain(b"", "2026-11-21", "received", ids.content_hash(b"salt", "Text")),
        ids.chain(b"", "2026-11-21", "received", ids.content_hash(b"pepper", "text")),
    ]
    assert first not in others
    assert len(set(others)) == len(others)
