# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificates of one host in one pass: look, decide, let the host make requests, let issuers sign, install."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.encrypt.httpd.plugins.module_utils._arguments import check_key_type, host_names, provable
from ansible_collections.encrypt.httpd.plugins.module_utils._errors import Error
from ansible_collections.encrypt.httpd.plugins.module_utils._layout import Layout
from ansible_collections.encrypt.httpd.plugins.module_utils._renewal import Action, Decision, InPlace, Wanted, decide
from ansible_collections.encrypt.httpd.plugins.module_utils._renewal_window import Suggestions

from ._acme_errors import OutageError
from ._issuers import Answer, Awaited, Issued, Issuer, OnHost, Refused, SigningRequest, Suggesting
from ._purchased import Purchased
from ._self_signed import SelfSigned


@dataclass(frozen=True)
class Issuance:
    """One host: where its certificates lie, who signs (by label), how to run a module on it, and the time."""

    directory: str
    issuers: Mapping[str, Issuer]
    on_host: OnHost
    now: datetime
    check_mode: bool

    def run(self, certificates: Sequence[Wanted], existing: Mapping[str, Any], *, activate: bool) -> dict[str, Any]:
        """Do what is due. The result says what was due and why, issued, refused, awaited and staged; all by name.

        *existing* are the arguments of the module existing_certificate, for what the host has already.
        """
        brought, unusable = self._bring_in(existing)
        decisions = {**self._decide(certificates), **brought}
        unusable.update({name: self._told(name, decision.refusal) for name, decision in decisions.items() if decision.refusal})
        due = {name: decision.reason for name, decision in decisions.items() if decision.reason}
        orders = {one: decisions[one.name] for one in certificates if decisions[one.name].issues and one.name not in unusable}
        made, answers = self._sign(orders)
        issued = {answer.name: answer for answer in answers if isinstance(answer, Issued)}
        refusals = [answer for answer in answers if isinstance(answer, Refused)]
        deferred = {one.name: one.reason for one in refusals if _is_deferred(one, decisions)}
        refused = {**unusable, **{one.name: one.reason for one in refusals if one.name not in deferred}}
        awaited = [answer for answer in answers if isinstance(answer, Awaited)]
        waiting = [name for name, decision in decisions.items() if decision.reason and not decision.issues]
        if not self.check_mode:
            refused.update(self._install({one.name: one.issuer for one in certificates}, issued, waiting, activate))
        done = [name for name in due if (name in issued or name in waiting) and name not in refused]
        return {
            "changed": bool(done) or made or any(answer.changed for answer in awaited),
            "due": due,
            "issued": [] if self.check_mode else [name for name in done if name in issued],
            "refused": refused,
            "deferred": deferred,
            "awaited": {answer.name: answer.todo for answer in awaited},
            "warnings": _warnings(decisions, answers, self.now),
            "staged": done if self.check_mode or not activate else [],
            "diff": {"before": "", "after": "".join(f"{name}: {reason}\n" for name, reason in due.items())},
        }

    def _bring_in(self, existing: Mapping[str, Any]) -> tuple[dict[str, Decision], dict[str, str]]:
        """What the host has already and waits now, to be activated; and what of it cannot be used, with the reason."""
        if not existing["certificates"]:
            return {}, {}
        told = self.on_host("existing_certificate", {"directory": self.directory, "tolerant": True, **existing})
        return {name: Decision(Action.ACTIVATE, reason) for name, reason in told["brought"].items()}, told["refused"]

    def _decide(self, certificates: Sequence[Wanted]) -> dict[str, Decision]:
        """What is to be done for each, by what the host has in place."""
        names = [one.name for one in certificates]
        found = self.on_host("certificate_info", {"directory": self.directory, "certificates": names})["certificates"]
        current = [InPlace.from_dict(state["current"]) for state in found]
        suggested = suggestions(self.issuers.values(), current, self.now, check_mode=self.check_mode)
        return {
            one.name: decide(one, there, InPlace.from_dict(state["pending"]), self.now, requested=state["requested"], suggested=suggested)
            for one, there, state in zip(certificates, current, found, strict=True)
        }

    def _told(self, name: str, refusal: str) -> str:
        return refusal.format(pending=Layout(self.directory, name).pending)

    def _sign(self, certificates: Mapping[Wanted, Decision]) -> tuple[bool, list[Answer]]:
        """Whether the host made a key or request, and the answers of all issuers."""
        if not certificates:
            return False, []
        asked = [{"name": one.name, "names": one.names, "key_type": one.key_type, "rekey": bool(one.asked)} for one in certificates]
        made = self.on_host("certificate_request", {"directory": self.directory, "certificates": asked})
        signing = zip(certificates.items(), made["requests"], strict=True)
        requests = {
            wanted.name: SigningRequest(wanted.name, one["csr"], wanted.challenge, names=wanted.names, replaces=due.replaces)
            for (wanted, due), one in signing
        }
        answers: list[Answer] = []
        for label in dict.fromkeys(one.issuer for one in certificates):
            answers += self._of_issuer(label, [requests[one.name] for one in certificates if one.issuer == label])
        return bool(made["changed"]), answers

    def _of_issuer(self, label: str, requests: Sequence[SigningRequest]) -> Sequence[Answer]:
        """Its answers; an issuer that signs nothing at all does not stop the others."""
        try:
            return self.issuers[label].sign(requests, check_mode=self.check_mode)
        except (Error, OSError) as error:
            return [Refused(request.name, str(error), passing=isinstance(error, OutageError)) for request in requests]

    def _install(self, labels: Mapping[str, str], issued: Mapping[str, Issued], waiting: Sequence[str], activate: bool) -> dict[str, str]:
        """Put the chains on the host; those that wait there already only become live. Tells what the host refuses, and why."""
        entries = [{"name": name, "chain": one.chain, "issuer": one.label or labels[name]} for name, one in issued.items()]
        entries += [{"name": name} for name in waiting if activate]
        if not entries:
            return {}
        asked = {"directory": self.directory, "certificates": entries, "activate": activate, "tolerant": True}
        refused: dict[str, str] = self.on_host("certificate", asked)["refused"]
        return refused


def suggestions(issuers: Iterable[Issuer], found: Sequence[InPlace], now: datetime, *, check_mode: bool) -> Suggestions:
    """When those issuers that tell it want what they signed to be renewed."""
    telling = [issuer for issuer in issuers if isinstance(issuer, Suggesting)]
    return dict(ChainMap(*(dict(issuer.suggestions(found, now, check_mode=check_mode)) for issuer in telling)))


def _is_deferred(answer: Answer, decisions: Mapping[str, Decision]) -> bool:
    """Whether it is not its turn yet, or the issuer is out of order for now and what is in place does until it is back."""
    return isinstance(answer, Refused) and (answer.deferred or (answer.passing and bool(decisions[answer.name].spare)))


def _warnings(decisions: Mapping[str, Decision], answers: Sequence[Answer], now: datetime) -> list[str]:
    """What a person should know or has to do, in a line for each certificate."""
    texts = {name: [decision.note] for name, decision in decisions.items()}
    for answer in answers:
        if isinstance(answer, Issued):  # what was in place goes
            texts[answer.name] = [answer.note]
        elif isinstance(answer, Refused) and _is_deferred(answer, decisions):
            spare = decisions[answer.name].spare
            left = f"what is in place does until {now + spare:%Y-%m-%d} ({spare.days} days left)" if spare else ""
            texts[answer.name] = [f"{'not renewed' if spare else 'not issued yet'}: {answer.reason}", left]
        elif isinstance(answer, Awaited):
            texts[answer.name].append(answer.todo)
    return [f"{name}: {'; '.join(filter(None, several))}" for name, several in texts.items() if any(several)]


def wanted(entry: Mapping[str, Any], issuer: Issuer) -> Wanted:
    """What a user asks for, checked. Raises Error that names the certificate and the option."""
    where = f"certificate {entry['name']!r}"
    names = host_names(entry["names"], f"{where}: names")
    key_type = check_key_type(entry["key_type"], f"{where}: key_type")
    bought = issuer.label == Purchased.label
    return Wanted(
        entry["name"],
        names,
        key_type,
        issuer.label,
        challenge=provable(entry["challenge"], names, where) if issuer.label.startswith("acme ") else entry["challenge"],
        exact=not bought,
        any_key=bool(entry.get("key_file")),
        awaits=bought,
        stands_in=issuer.label == SelfSigned.label,
        also=getattr(issuer, "also", ()),
        test=getattr(issuer, "test", False),
    )
