"""From is trusted only when every reader takes it for the same address (guarantee A06)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcase.core.mail.addresses import addresses_in, one_strict_address


@pytest.mark.parametrize(
    ("value", "address", "name"),
    [
        ("sam@example.org", "sam@example.org", ""),
        ("<sam@example.org>", "sam@example.org", ""),
        ("Sam Okafor <sam@example.org>", "sam@example.org", "Sam Okafor"),
        ('"Okafor, Sam" <sam@example.org>', "sam@example.org", "Okafor, Sam"),
        ('"Sam \\"S\\" Okafor" <sam@example.org>', "sam@example.org", 'Sam "S" Okafor'),
        ("Sam.O'Kafor+tag@Example.ORG", "Sam.O'Kafor+tag@example.org", ""),
        ("=?utf-8?Q?Zo=C3=AB?= <zoe@example.org>", "zoe@example.org", "Zoë"),
        ("=?utf-8?Q?Okafor,_Sam?= <sam@example.org>", "sam@example.org", "Okafor, Sam"),
        ('"a@b.c" <a@b.c>', "a@b.c", "a@b.c"),
        ('"staff@corp.example" <sam@example.org>', "sam@example.org", "staff@corp.example"),
        ("a@b.c <a@b.c>", "a@b.c", "a@b.c"),
        ("a@B.C <a@b.c>", "a@b.c", "a@B.C"),
        ("sam@example.org (Sam Okafor)", "sam@example.org", "Sam Okafor"),
        ("Sam (at home) <sam@example.org>", "sam@example.org", "Sam"),
        ("  Sam\t<sam@example.org>  ", "sam@example.org", "Sam"),
        ("jdöe@MÄchine.example", "jdöe@mächine.example", ""),
        ("root@localhost", "root@localhost", ""),
        ('"john"@example.org', None, None),
        ('<"john"@example.org>', '"john"@example.org', ""),
        ("taro..yamada.@docomo.ne.jp", "taro..yamada.@docomo.ne.jp", ""),
    ],
)
def test_one_plain_address_is_taken(value: str, address: str | None, name: str | None) -> None:
    assert one_strict_address([value]) == (address and (address, name))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Sam",
        "<>",
        "staff@corp.example <evil@x.example>",
        "<staff@corp.example> <evil@x.example>",
        "staff@corp.example, evil@x.example",
        "staff@corp.example; evil@x.example",
        "staff@corp.example evil@x.example",
        '"x" staff@corp.example <evil@x.example>',
        "staff, <evil@x.example>",
        "Group: staff@corp.example;",
        "Group:;",
        "staff@corp.example (<evil@x.example>",
        "(staff@corp.example) <evil@x.example>",
        "<staff@corp.example(>)evil@x.example>",
        "staff@corp.example(comment)@x.example",
        "sam(a)@example.org",
        "sam@exa(mple.org)",
        "staff@corp.example\x00@x.example",
        "staff@corp.example\r\nX: y",
        "staff@corp.example\x0b",
        '"staff@corp.example <evil@x.example>',
        'staff@corp.example" <evil@x.example>',
        "<staff@corp.example",
        "staff@corp.example>",
        "<@relay.example:staff@corp.example>",
        "<staff@corp.example@x.example>",
        '<"staff@corp.example"@x.example>',
        "staff@corp.example\\ <evil@x.example>",
        "staff @corp.example",
        "staff@corp..example",
        "staff@.example",
        "staff@corp.example.",
        "@example.org",
        "staff@",
        "=?utf-8?Q?staff=40corp.example?=",
        "=?utf-8?Q?staff?=@corp.example",
        "staff＠corp.example@x.example",  # a full-width @
        "staff@corp．example＠x",
        "staff@ban\u212a.example",  # the Kelvin sign, whose lower case is a k
        "st\u202eaff@corp.example",
        "st\u200baff@corp.example",
        "a" * 65 + "@example.org",
        "a@" + "b." * 130 + "example",
    ],
)
def test_what_readers_could_differ_about_is_no_address(value: str) -> None:
    assert one_strict_address([value]) is None


def test_two_from_fields_are_no_address() -> None:
    assert one_strict_address(["a@b.c", "a@b.c"]) is None
    assert one_strict_address([]) is None


@pytest.mark.parametrize(
    ("values", "addresses"),
    [
        (["a@b.c, D <e@F.g>"], ("a@b.c", "e@f.g")),
        (["a@b.c", "a@b.c", "x@y"], ("a@b.c", "x@y")),
        (['"a@b.c, x" <e@f.g>'], ("e@f.g",)),
        (["Complaints <local+Token@firm.example>"], ("local+Token@firm.example",)),
        (["Team: a@b.c, d@e.f;"], ("a@b.c", "d@e.f")),
        (["undisclosed-recipients:;"], ()),
        (["a@b.c (Sam) ,, ;<d@e.f>"], ("a@b.c", "d@e.f")),
        (['"Sam <a@b.c>'], ("a@b.c",)),
        (["a@b.c d@e.f"], ("a@b.c", "d@e.f")),
        (["nobody", "", "@", "<>"], ()),
    ],
)
def test_recipients_are_found_between_junk(values: list[str], addresses: tuple[str, ...]) -> None:
    assert addresses_in(values) == addresses


@given(st.text(st.sampled_from('ab@.<>()[],;:"\\ \t=?Qé\x00'), max_size=40))
def test_whatever_is_taken_has_one_at_sign_outside_quotes_and_is_found_leniently_too(value: str) -> None:
    found = one_strict_address([value])
    if found:
        address, _ = found
        assert address.count("@") == 1
        assert not set(address) & set("<>(),;: \t\x00")
        if '"' not in address:
            assert address in addresses_in([value])


@given(st.text(max_size=100))
def test_any_text_can_be_asked(value: str) -> None:
    one_strict_address([value])
    for address in addresses_in([value]):
        assert "@" in address
