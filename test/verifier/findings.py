"""What a verification has to say: findings, which refuse the evidence, and notes, which do not."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Remark:
    """One thing that was seen: a stable code (`<area>.<reason>`), the place below the vault, and a sentence for people."""

    code: str
    place: str
    detail: str


@dataclass
class Report:
    """Everything that was seen, in the order in which it was."""

    findings: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)
    # What cannot be judged without keys that are not given: no finding, and not good either.
    unjudged: list[Remark] = field(default_factory=list)

    def find(self, code: str, place: str, detail: str) -> None:
        """Enters what must not be."""
        self._enter(self.findings, Remark(code, place, detail))

    def note(self, code: str, place: str, detail: str) -> None:
        """Enters what may be, and that somebody should know."""
        self._enter(self.notes, Remark(code, place, detail))

    def leave_open(self, code: str, place: str, detail: str) -> None:
        """Enters what cannot be judged without keys that are not given."""
        self._enter(self.unjudged, Remark(code, place, detail))

    def unfinished(self, place: str) -> None:
        """Enters what a write that was cut off left behind."""
        self.note("folder.unfinished", place, "was not finished by its writer")

    @staticmethod
    def _enter(where: list[Remark], remark: Remark) -> None:
        if remark not in where[-64:]:
            where.append(remark)
