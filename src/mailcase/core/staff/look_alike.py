"""Senders whose name could pass for one of us."""

from __future__ import annotations

import unicodedata

from mailcase.core.rules import Rules


def is_like_ours(name: str, address: str, rules: Rules) -> bool:
    """Whether the name that a mail bears is one of ours, and its address is not."""
    if rules.is_colleague(address) or rules.is_ours(address):
        return False
    words, firm = _words_of(name), _words_of(rules.service_name)
    staff = [_words_of(each.name) for each in rules.staff]
    addresses = {*rules.staff_addresses, *rules.own_addresses, *(f"@{domain}" for domain in rules.own_domains)}
    folded = unicodedata.normalize("NFKC", name).casefold()
    # A first name alone is many people's.
    same = firm <= words or any(each == words or (len(each) > 1 and each <= words) for each in staff)
    return same or any(each in folded for each in addresses)


def _words_of(name: str) -> frozenset[str]:
    """The words of a name in any order, as people read them: without case, accents and marks that nobody sees."""
    spelled = unicodedata.normalize("NFKD", name).casefold()
    letters = (each if each.isalnum() else " " for each in spelled if not _is_unseen(each))
    return frozenset("".join(letters).split())


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Cf")
