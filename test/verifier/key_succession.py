"""Which keys count, of whom, and which were put aside (SPEC 4.9, 4.13.4): those that came by hand, and those that changes in the vault lead to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from evidence import KeyChange
from instants import milliseconds
from minisign_file import PublicKey
from signed_document import Document
from trusted_keys import TrustedKeys


class KnownKeys:
    """Keys by what they count for, and the changes that count."""

    def __init__(self, by_hand: TrustedKeys) -> None:
        self.officers_by_hand = by_hand.officers
        self.supervisors_by_hand = by_hand.supervisors
        self._roles: tuple[list[PublicKey], list[PublicKey]] = ([], [])
        self.evaluators = by_hand.evaluators
        self.witnesses = by_hand.witnesses
        self.authorities = by_hand.authorities
        self.changes: list[KeyChange] = []
        self._by_hand = by_hand
        self._introduced: dict[str, list[PublicKey]] = defaultdict(list)
        self._receivers: set[str] = set()

    @property
    def officers(self) -> Sequence[PublicKey]:
        """Keys of the first role: by hand, and of policies that count."""
        return [*self.officers_by_hand, *self._roles[0]]

    @property
    def supervisors(self) -> Sequence[PublicKey]:
        """Keys of the second role."""
        return [*self.supervisors_by_hand, *self._roles[1]]

    def take_roles(self, officers: Iterable[PublicKey], supervisors: Iterable[PublicKey]) -> None:
        """Takes the keys of the roles that a policy names which counts (SPEC 4.16.12)."""
        self._roles[0].extend(officers)
        self._roles[1].extend(supervisors)

    @property
    def store(self) -> Sequence[PublicKey]:
        """Keys of the store: by hand, and of every receiver. What one of them has counts for all: they are one store."""
        return [*self._by_hand.store, *(key for name in sorted(self._receivers) for key in self._introduced[name])]

    def station(self, station: str) -> Sequence[PublicKey]:
        """Keys of one station."""
        return [*self._by_hand.station(station), *self._introduced[station]]

    def came_by_hand(self, holder: str, key_id: str, *, is_store: bool) -> bool:
        """Whether the key with that id counts without any change."""
        given = self._by_hand.store if is_store else self._by_hand.station(holder)
        return any(key.key_id == key_id for key in given)

    def of(self, holder: str, *, is_store: bool) -> Sequence[PublicKey]:
        """Keys of a station or a receiver."""
        return self.store if is_store else self.station(holder)

    def follow_stores(self, changes: Iterable[KeyChange]) -> None:
        """Takes the changes of receivers that count: planned, signed by both, away from a key that counts."""
        changes = list(changes)
        self._receivers.update(each.holder for each in changes)
        self._follow(changes, is_store=True)

    def follow_station(self, changes: Iterable[KeyChange], revocations: Mapping[str, Document]) -> None:
        """The same of one station. A key that was lost or stolen leads nowhere, nor does one that was retired once it was (SPEC 4.9.3)."""
        self._follow([each for each in changes if not _is_revoked(each, revocations)], is_store=False)

    def _follow(self, changes: Iterable[KeyChange], *, is_store: bool) -> None:
        left = [each for each in changes if each.is_planned and each.by_old and each.by_new]
        while counting := [each for each in left if each.old in self.of(each.holder, is_store=is_store)]:
            left = [each for each in left if each not in counting]
            for each in counting:
                self.changes.append(each)
                if each.new not in self.of(each.holder, is_store=is_store):
                    self._introduced[each.holder].append(each.new)

    def putting_aside(self, key_id: str) -> list[KeyChange]:
        """Changes that count and lead away from a key."""
        return [each for each in self.changes if each.old.key_id == key_id]


def _is_revoked(change: KeyChange, revocations: Mapping[str, Document]) -> bool:
    """Who has a stolen key dates a change as he likes; who retires one had changed it before."""
    revocation = revocations.get(change.old.key_id)
    if revocation is None:
        return False
    value = revocation.value
    changed_at = milliseconds(change.document.value["changed_at"])
    return value["reason"] != "retired" or changed_at > milliseconds(value.get("compromised_since", value["revoked_at"]))
