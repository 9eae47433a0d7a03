"""The firm's rules under whichever policy a case is held to, whatever the file says today."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from mailcase.core.promises.policy_file import read_policy
from mailcase.core.rules import Rules
from mailcase.errors import MailcaseError
from mailcase.store.deadlines import policy_texts


class Policies:
    """Rules by the digest of a policy; each text is read once."""

    def __init__(self, rules: Rules) -> None:
        self._under = {rules.policy.digest: rules, "": rules}  # '': opened before cases were owed anything
        self._rules = rules

    def under(self, conn: Connection, digest: str) -> Rules:
        """Our rules, with the policy of this digest; MailcaseError when its text is lost."""
        if digest not in self._under:
            texts = policy_texts(conn)
            if digest not in texts:
                raise MailcaseError(f"the text of policy {digest[:12]}, which a case is held to, is missing")
            self._under[digest] = replace(self._rules, policy=read_policy(texts[digest], "policy"))
        return self._under[digest]
