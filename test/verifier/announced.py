"""How long things stay (SPEC 10.3.19, 4.16): what the receivers of a vault announced, and what the policies say that their logs put in force."""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from custody_events import STORE_EVENTS
from custody_segment import Line
from evidence import Receiver
from instants import DAY_MS, milliseconds
from policies import Policies
from shapes import fits

_AT_LEAST = {"days": 14, "documents_days": 90}
_HOLD_DAYS, _HOLD_DAYS_MOST = 7, 90
_LOG_LATER_DAYS = 30
_LOG_DAYS_UNJUDGED = 120


@dataclass(frozen=True)
class Policy:
    """What a policy says. `is_judged`: it counts, and does not only rest on keys that are not given; `is_here`: else nothing of it is known."""

    says: dict[str, Any]
    is_judged: bool
    is_here: bool = True

    def least(self, name: str) -> int:
        """The fewest days by it."""
        if not self.is_here:
            return 0
        return int(self.says["days_min" if name == "days" else name])


class Announced:
    """What counts at a time, by the logs of all receivers."""

    def __init__(self, policies: Policies | None = None, receivers: Iterable[Receiver] = (), *, in_part: bool = False) -> None:
        """`in_part`: a policy may be elsewhere, as in a kit (SPEC 10.2.5, 4.13.5.14)."""
        self._in_part = in_part
        self._by_receiver: dict[str, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
        # Those that were put in force and count, or may: time, number, policy, by time.
        self._entered: list[tuple[int, int, Policy]] = []
        # All that count, or may, in force or not, by their digest.
        self._known: dict[str, Policy] = {}
        known = policies or Policies()
        for documents, is_judged in ((known.counting, True), (known.unjudged, False)):
            for sha256, document in documents.items():
                self.know(sha256, Policy(document.value, is_judged))
        here = {document.sha256 for document in known.by_number.values()}
        for receiver in receivers:
            for line, time in receiver.log.timed():
                if line.event in ("retention", "policy") and fits(STORE_EVENTS[line.event], line.facts):
                    self._enter(receiver.name, time, line, here)

    def _enter(self, receiver: str, time: int, line: Line, here: set[str]) -> None:
        """One that does not count counts for no recording: what was before it goes on to."""
        if line.event == "retention":
            self.announce(receiver, time, line.facts)
        elif (policy := self._known.get(line.facts["policy_sha256"])) is not None:
            # Both roles signed when it was made; the time of the entry is the store's word (SPEC 4.16.6).
            self.put_in_force(max(time, milliseconds(policy.says["made_at"])), policy.says["number"], policy)
        elif self._in_part and line.facts["policy_sha256"] not in here:
            self.put_in_force(time, line.facts["number"], Policy({}, is_judged=False, is_here=False))

    def know(self, sha256: str, policy: Policy) -> None:
        """Takes a policy that a document may name (SPEC 4.16.20)."""
        self._known[sha256] = policy

    def announce(self, receiver: str, time: int, facts: dict[str, Any]) -> None:
        """Takes an entry `retention`; `time` is that of SPEC 10.3.20, later ones come later."""
        self._by_receiver[receiver].append((time, facts))

    def put_in_force(self, time: int, number: int, policy: Policy) -> None:
        """Takes that a policy is in force from then on, by any receiver."""
        insort(self._entered, (time, number, policy), key=itemgetter(0))

    def in_force(self, at_ms: int, *, with_unjudged: bool = False) -> Policy | None:
        """The one of the highest number that was in force then; None where none was."""
        found = [each for each in self._entered[: self._until(at_ms)] if each[2].is_judged or with_unjudged]
        return max(found, key=itemgetter(1))[2] if found else None

    def _until(self, at_ms: int) -> int:
        return bisect_right(self._entered, at_ms, key=itemgetter(0))

    def days(
        self,
        receiver: str,
        name: str,
        received_ms: int,
        *,
        policy: str | None = None,
        made_ms: int | None = None,
        with_unjudged: bool = False,
    ) -> int:
        """Days that count for what was received then.

        `policy`: digest of the one that its document names; `made_ms`: when a document was made that names none (SPEC 4.16.28), and is
        here; `with_unjudged`: also by policies that cannot be judged (SPEC 4.16.15).
        """
        announced = self._by_receiver.get(receiver, [])
        last = bisect_right(announced, received_ms, key=itemgetter(0))
        said = int(announced[last - 1][1][name]) if last > 0 else 0
        own = 0
        if policy is not None:
            named = self._known.get(policy)
            own = named.least(name) if named is not None and (named.is_judged or with_unjudged) else 0
            made_ms = None
        times = self._times(received_ms, made_ms)
        return max(said, own, *(self._least(name, at_ms, with_unjudged=with_unjudged) for at_ms in times))

    def _times(self, received_ms: int, made_ms: int | None) -> Iterator[int]:
        """When another policy may have been in force, from the making of a document to its receipt."""
        yield received_ms
        if made_ms is not None and made_ms < received_ms:
            yield made_ms
            yield from (time for time, _, _ in self._entered[self._until(made_ms) : self._until(received_ms)])

    def _least(self, name: str, at_ms: int, *, with_unjudged: bool) -> int:
        policy = self.in_force(at_ms, with_unjudged=with_unjudged)
        if policy is not None:
            return policy.least(name)
        return 0 if self._in_part and with_unjudged else _AT_LEAST[name]

    def rests_on_missing(self, received_ms: int, *, policy: str | None, made_ms: int | None) -> bool:
        """Whether a policy that the days rest on is named and is not in a kit (SPEC 4.13.5.14)."""
        if not self._in_part:
            return False
        if policy is not None and policy not in self._known:
            return True
        times = self._times(received_ms, None if policy is not None else made_ms)
        found = (self.in_force(at_ms, with_unjudged=True) for at_ms in times)
        return any(each is not None and not each.is_here for each in found)

    def hold_ms(self, ordered_ms: int) -> tuple[int, int]:
        """How long a hold by one role lasts that was ordered then, at least and at most: they differ where that is not judged (SPEC 4.16.24, 4.16.30)."""
        policy = self.in_force(ordered_ms, with_unjudged=True)
        if policy is not None and not policy.is_here:
            return DAY_MS, _HOLD_DAYS_MOST * DAY_MS
        days = _HOLD_DAYS if policy is None else int(policy.says.get("hold_days", _HOLD_DAYS))
        least = days if policy is None or policy.is_judged else min(days, _HOLD_DAYS)
        most = days if policy is None or policy.is_judged else max(days, _HOLD_DAYS)
        return least * DAY_MS, most * DAY_MS

    def log_ms(self, receiver: str, entered_ms: int) -> int:
        """How long a segment of a station's log stays after the head that was entered then (SPEC 4.16.25, 10.3.28)."""
        policy = self.in_force(entered_ms, with_unjudged=True)
        judged = policy is None or policy.is_judged
        said = None if policy is None else policy.says.get("log_days")
        days = self.days(receiver, "documents_days", entered_ms, with_unjudged=not judged) + _LOG_LATER_DAYS
        return (int(days if said is None else said) if judged else max(days if said is None else int(said), _LOG_DAYS_UNJUDGED)) * DAY_MS
