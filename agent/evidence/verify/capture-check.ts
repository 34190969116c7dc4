// Compares capture times with the dockings that they were computed from (SPEC 9.5). Pure. The resolution of a file's time is in no document:
// it only widens an interval, equally at both ends. What a station cannot have known for sure is not judged.
import type { DockingEntry } from '../../../protocol/documents/docking-record.ts';
import { MANIFEST } from '../../../protocol/format/file-names.ts';
import type { DockingGroup } from './docking-groups.ts';
import type { ProvenDocking } from './docking-log.ts';
import type { RecordingFacts } from './order-check.ts';
import { below, finding, type Remark } from './remark.ts';

/** A station's clock may have been stepped by so much in a docking, and what was measured still counts (SPEC 9.3.2). */
const STEP_MS = 1000;

/** From `least` to `most` milliseconds: an instant, or what a camera's clock was off by. */
interface Between {
  readonly least: number;
  readonly most: number;
}

/** The two dockings around a recording. */
interface Around {
  readonly docking: ProvenDocking;
  readonly before: ProvenDocking | undefined;
}

/** Finds the dockings around recordings, and says what of a capture time does not follow from them. */
export class CaptureCheck {
  readonly #byLast = new Map<string, DockingGroup>();
  /** By which keys the dockings of each station are signed. */
  readonly #keys = new Map<string, Set<string | undefined>>();
  readonly #newKeys: ReadonlySet<string> | undefined;

  /** `newKeys`: ids of keys that a station changed to; undefined where not all of them are known. */
  constructor(groups: readonly DockingGroup[], newKeys: ReadonlySet<string> | undefined) {
    this.#newKeys = newKeys;
    for (const group of groups.filter(({ whole }) => whole)) {
      const { proven, made } = group.first;
      this.#byLast.set(group.parts.at(-1)?.sha256 ?? '', group);
      this.#keys.set(proven.station, (this.#keys.get(proven.station) ?? new Set()).add(made?.keyId));
    }
  }

  /** What is wrong with the capture time of the recording that an entry of the docking names. */
  remarks(entry: DockingEntry, group: DockingGroup, held: RecordingFacts | undefined): Remark[] {
    if (entry.fate !== 'stored' || held?.proven?.docking !== group.docking) return [];
    const around = this.#around(group);
    return around === undefined ? [] : captureRemarks(held, entry.later, around);
  }

  /** Undefined where the records do not show surely what the station knew of the two dockings. */
  #around({ whole, first }: DockingGroup): Around | undefined {
    const { proven: docking, made } = first;
    if (!whole || docking.ended === 'cut-off' || (docking.endedAt ?? '') < docking.dockedAt) return undefined;
    if (docking.previous === null) {
      const isOnly = this.#keys.get(docking.station)?.size === 1;
      return isOnly && this.#newKeys?.has(made?.keyId ?? '') === false
        ? { docking, before: undefined }
        : undefined;
    }
    const before = this.#byLast.get(docking.previous)?.first.proven;
    const isOver =
      before?.endedAt != null && before.ended !== 'cut-off' && before.endedAt <= docking.dockedAt;
    return isOver ? { docking, before } : undefined;
  }
}

function captureRemarks(
  { where, name, proven, doneAt }: RecordingFacts,
  later: boolean,
  around: Around,
): Remark[] {
  const { earliestAt, latestAt, basis, modifiedAt } = proven ?? {};
  if (earliestAt == null || latestAt == null || basis === 'clock-unmeasured') return [];
  const span = { least: Date.parse(earliestAt), most: Date.parse(latestAt) };
  const told = (
    code: 'capture.bounds' | 'capture.measured' | 'capture.unmeasured',
    why: string,
  ): Remark[] => [
    finding(code, below(where, MANIFEST), `manifest: capture ${earliestAt} to ${latestAt} ${why}`, {
      recording: name,
    }),
  ];
  const { docking, before } = around;
  const begins =
    before?.endedAt == null || before.clockSynchronised === false ? undefined : Date.parse(before.endedAt);
  const ends = endsOf(docking, later, Date.parse(doneAt ?? docking.dockedAt));
  if (basis === 'docking-interval') {
    const isIt = span.least === begins && isWithin(span.most, ends);
    return isIt ? [] : told('capture.bounds', 'is not the interval between the two dockings');
  }
  if (span.most > (ends?.most ?? Infinity) || span.least < (begins ?? -Infinity))
    return told('capture.bounds', 'is outside of the two dockings that bound it');
  const offsets = offsetsOf(around);
  if (modifiedAt == null || offsets.length === 0)
    return told(
      'capture.unmeasured',
      "is by a measured clock, and the docking's record has no such measurement",
    );
  const cut = { begin: span.least === begins, end: isWithin(span.most, ends) };
  const claimed = Date.parse(modifiedAt);
  // Once it was set, files of later listings may have their times from either clock.
  const set = later ? docking.cameraClock?.set : null;
  const left = set == null ? [] : [offset(set)];
  const isMade = [offsets, [...offsets, ...left]].some((each) => isMadeOf(span, cut, claimed, each));
  return isMade
    ? []
    : told('capture.measured', `is not what the measured offsets make of the claimed time ${modifiedAt}`);
}

function isWithin(instant: number, between: Between | undefined): boolean {
  return between !== undefined && between.least <= instant && instant <= between.most;
}

/** When the listing ended that showed the file first: known for the first listing, bounded for the others. */
function endsOf(
  { clockSynchronised, dockedAt, inventory }: ProvenDocking,
  later: boolean,
  sealed: number,
): Between | undefined {
  if (clockSynchronised === false) return undefined;
  const shown = Math.max(Date.parse(dockedAt), Date.parse(inventory?.taken_at ?? dockedAt));
  if (inventory !== null && !later) return { least: shown, most: shown };
  return { least: shown - STEP_MS, most: Math.max(shown, sealed + STEP_MS) };
}

/** The offset of this docking before setting; with it the one that was left at the end of the docking before. */
function offsetsOf({ docking, before }: Around): Between[] {
  const { cameraClock: clock, clockSynchronised } = docking;
  if (clock === null || clockSynchronised === false) return [];
  const left = before === undefined || before.clockSynchronised === false ? null : before.cameraClock;
  return left === null ? [offset(clock)] : [offset(clock), offset(left.set ?? left)];
}

function offset({
  offset_ms: ms,
  uncertainty_ms: off,
}: {
  offset_ms: number;
  uncertainty_ms: number;
}): Between {
  return { least: ms - off, most: ms + off };
}

function isMadeOf(
  span: Between,
  cut: { readonly begin: boolean; readonly end: boolean },
  claimed: number,
  offsets: readonly Between[],
): boolean {
  const widerBefore = claimed - Math.max(...offsets.map(({ most }) => most)) - span.least;
  const widerAfter = span.most - (claimed - Math.min(...offsets.map(({ least }) => least)));
  const tooNarrow = (widerBefore < 0 && !cut.begin) || (widerAfter < 0 && !cut.end);
  return !tooNarrow && (cut.begin || cut.end || widerBefore === widerAfter);
}
