"""Orders (SPEC 4.8): two roles, two keys. And what they amount to at an instant: whether a recording is held, whether it may be deleted."""

from collections import defaultdict
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path

from announced import Announced
from custody_log import CustodyLog
from evidence import Order, Station
from findings import Report
from instants import milliseconds
from key_succession import KnownKeys
from minisign_file import PublicKey
from safe_files import is_unfinished, names_in
from signed_document import Document, Source, check_signature, read_unsigned, sha256_hex

_ROLES = ("officer", "supervisor")
_FILES = {"order.json", "order.json.officer.minisig", "order.json.supervisor.minisig"}


def read_order(folder: Path, place: str, station: str, keys: KnownKeys, report: Report) -> Order | None:
    """One order's folder. None where the document is not to be read."""
    for name, kind in names_in(folder):
        if is_unfinished(name, kind, _FILES.__contains__):
            report.unfinished(f"{place}/{name}")
        elif name not in _FILES:
            report.find("folder.unexpected", f"{place}/{name}", "does not belong to an order")
    source = Source(folder, place, "order.json", "order", "order")
    read = read_unsigned(source, report)
    if read is None:
        return None
    data, value = read
    signed, unjudged = check_roles(source, data, keys, report)
    if value is None:
        return None
    for field, expected in (("order", folder.name), ("station", station)):
        if value[field] != expected:
            report.find(f"order.other-{field}", f"{place}/order.json", f"is of {field} {value[field]}, not {expected}")
            signed, unjudged = {}, frozenset()
    if unjudged:
        roles = " and ".join(sorted(unjudged))
        report.note("order.not-judged", f"{place}/order.json", f"is signed as {roles}, of which no key is given")
    elif not signed:
        report.find("order.unsigned", f"{place}/order.json", "has no signature that counts")
    elif len(signed) == 1 and value["verb"] != "hold":
        report.note(
            "order.one-signature", f"{place}/order.json", f"{value['verb']} counts for nothing with one signature"
        )
    document = Document(source.part("order.json"), sha256_hex(data), value, None)
    key_ids = tuple((role, key.key_id) for role, key in signed.items())
    return Order(document, frozenset(signed), unjudged, key_ids)


def check_roles(
    source: Source, data: bytes, keys: KnownKeys, report: Report
) -> tuple[dict[str, PublicKey], frozenset[str]]:
    """The key of each role that signed; none of both where one key signed twice. And roles that signed, and of which no key is given."""
    signed: dict[str, PublicKey] = {}
    unjudged: set[str] = set()
    names = {name for name, _ in names_in(source.folder)}
    for role, trusted in zip(_ROLES, (keys.officers, keys.supervisors), strict=True):
        name = f"{source.name}.{role}.minisig"
        if not trusted:
            unjudged |= {role} if name in names else set()
            continue
        key = check_signature(source, name, data, trusted, report, required=False)
        if key is not None:
            signed[role] = key
    if len(signed) == 2 and len({key.key for key in signed.values()}) == 1:
        report.find(f"{source.area}.one-key-twice", source.part(source.name), "is signed by one key for both roles")
        return {}, frozenset()
    return signed, frozenset(unjudged)


@dataclass(frozen=True)
class _Given:
    """An order as it counts: when its first and its second signature were there."""

    order: Order
    first_ms: int
    both_ms: int | None

    @property
    def ordered_ms(self) -> int:
        return milliseconds(self.order.value["ordered_at"])

    def has_both(self, instant: int) -> bool:
        """Whether both signatures were there at the instant."""
        return self.both_ms is not None and self.both_ms <= instant


class Orders:
    """All orders of one station, and when the store knew of them."""

    def __init__(
        self,
        station: Station,
        logs: Iterable[CustodyLog],
        announced: Announced | None = None,
        *,
        in_part: bool = False,
    ) -> None:
        """`announced`: how long a hold by one role lasts; `in_part`: recordings may be elsewhere, as in a kit."""
        self._announced = announced or Announced()
        entered: dict[tuple[str, str], int] = {}
        for log in logs:
            for line, time in log.about(station.name):
                if line.event == "order":
                    signature = (line.facts.get("order", ""), line.facts.get("role", ""))
                    # Each receiver of a vault enters every signature into its own log.
                    entered[signature] = min(time, entered.get(signature, time))
        self._orders = station.orders
        self._at_their_word: dict[tuple[str, ...], Orders] = {}
        self._unjudged = {order.document.sha256: order for order in station.orders.values() if order.unjudged}
        self._entered = entered
        self._in_part = in_part
        self._here = station.recordings.keys()
        self._kin = _kin_of(station)
        self._take([_given(order, entered) for order in station.orders.values() if order.signed])
        self._sidecars = {
            name
            for name, each in station.recordings.items()
            if each.value is not None and each.value["sidecar_of"] is not None
        }
        self._replaced = {
            name: each.value["supersedes"] for name, each in station.recordings.items() if each.value is not None
        }

    def _take(self, given: list[_Given]) -> None:
        """Orders that count, by what they are about and by their own id: there may be as many as recordings."""
        self._given = given
        self._by_id = {each.order.value["order"]: each for each in given}
        self._by_digest = {each.order.document.sha256: each for each in given}
        self._by_subject: dict[tuple[str, str], list[_Given]] = defaultdict(list)
        for each in given:
            named = each.order.value["recording"]
            for name in self._kin.get(named, {named}):
                self._by_subject[each.order.value["verb"], name].append(each)

    def at_their_word(self, *verbs: str) -> "Orders":
        """The same, where signatures of roles of which no key is given count for orders of these verbs."""
        if not self._unjudged:
            return self
        if (known := self._at_their_word.get(verbs)) is not None:
            return known
        other = self._at_their_word[verbs] = copy(self)
        given = [
            _given(replace(order, signed=order.signed | order.unjudged), self._entered)
            for order in self._orders.values()
            if order.unjudged and order.value["verb"] in verbs
        ]
        taken = {each.order.value["order"] for each in given}
        other._take([*given, *(each for each in self._given if each.order.value["order"] not in taken)])
        return other

    def holds(self, recording: str, instant: int, *, longest: bool = False) -> list[Order]:
        """Holds that count for the recording, or for one that it replaces, at the instant and that no `unhold` lifted.

        `longest`: also those that may count by a policy that is not judged (SPEC 4.16.30).
        """
        reaching = [recording, *self._replaced.get(recording, ())]
        return [order for name in reaching for order in self._holds_of(name, instant, longest=longest)]

    def _holds_of(self, recording: str, instant: int, *, longest: bool) -> list[Order]:
        holds = [each for each in self._about(recording, "hold") if self._holds_at(each, instant, longest=longest)]
        lifting = [each for each in self._about(recording, "unhold") if each.has_both(instant)]
        return [each.order for each in holds if not any(self._lifts(unhold, each) for unhold in lifting)]

    def _holds_at(self, hold: _Given, instant: int, *, longest: bool) -> bool:
        """Whether a hold counts at the instant, but for what lifts it."""
        if hold.has_both(instant):
            return True
        return hold.first_ms <= instant < self._lapses_at(hold, instant, longest=longest)

    def _lapses_at(self, hold: _Given, instant: int, *, longest: bool) -> int:
        """One role holds for so long from its first order about the recording on, however often it orders again (SPEC 4.8.5)."""
        about = hold.order.value["recording"]
        same = [
            each.ordered_ms
            for each in self._about(about, "hold")
            if each.first_ms <= instant
            and not each.has_both(instant)
            and self.reaches(each.order, about)
        ]
        first = min([hold.ordered_ms, *same])
        return first + self._announced.hold_ms(first)[longest]

    def lapses_at(self, name: str, instant: int) -> int | None:
        """When the hold of that id lapses at the earliest, by what is known at the instant; None where none of that id is here and signed."""
        found = self._by_id.get(name)
        return None if found is None else self._lapses_at(found, instant, longest=False)

    def is_held_by_both(self, recording: str, instant: int) -> bool:
        """Whether a hold with both signatures stood."""
        held = (self._by_id.get(order.value["order"]) for order in self.holds(recording, instant))
        return any(each is not None and each.has_both(instant) for each in held)

    def deletion(self, sha256: str) -> tuple[Order, int | None] | None:
        """The order with that digest, and when both of its signatures were there."""
        found = self._by_digest.get(sha256)
        return None if found is None else (found.order, found.both_ms)

    def unjudged_deletion(self, sha256: str) -> Order | None:
        """The order with that digest, where a role signed it of which no key is given."""
        return self._unjudged.get(sha256)

    def _lifts(self, unhold: _Given, hold: _Given) -> bool:
        about = hold.order.value["recording"]
        return hold.ordered_ms < unhold.ordered_ms and self.reaches(unhold.order, about)

    def reaches(self, order: Order, recording: str) -> bool:
        """Whether an order to delete, or to end a hold, is about a recording: not where one docking read two at one place, and it names the other."""
        named = order.value["recording"]
        is_one = named == recording or named in self._sidecars or recording in self._sidecars
        return is_one and self.concerns(order, recording)

    def may_reach(self, order: Order, recording: str) -> bool:
        """The same of a deletion in a kit: of a sidecar the recording that the order names may be elsewhere (SPEC 4.13.5.7)."""
        is_elsewhere = self._in_part and order.value["recording"] not in self._here
        return (is_elsewhere and recording in self._sidecars) or self.reaches(order, recording)

    def concerns(self, order: Order, recording: str) -> bool:
        """Whether an order is about a recording: it, its sidecars, or the recording that it is a sidecar of."""
        return recording in self._kin.get(order.value["recording"], {order.value["recording"]})

    def _about(self, recording: str, verb: str) -> list[_Given]:
        return self._by_subject.get((verb, recording), [])


def _given(order: Order, entered: dict[tuple[str, str], int]) -> _Given:
    ordered = milliseconds(order.value["ordered_at"])
    times = sorted(entered.get((order.value["order"], role), ordered) for role in order.signed)
    return _Given(order, times[0], times[1] if len(times) == 2 else None)


def _kin_of(station: Station) -> dict[str, set[str]]:
    """For each recording those that an order about it counts for: a recording and its sidecars, as one docking of one camera brought them."""
    families: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for name, recording in station.recordings.items():
        value = recording.value
        if value is not None:
            path = value["sidecar_of"] or value["source"]["path_sha256"]
            families[value["docking"], value["camera"]["id"], path].add(name)
    return {name: family for family in families.values() for name in family}
