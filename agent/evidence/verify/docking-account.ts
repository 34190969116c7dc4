// What the custody log says of each docking, kept while its segments are read in their order. Memory: one small object per docking.
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';

/** What the log says of one docking. */
export interface LoggedDocking {
  readonly docking: string;
  /** Undefined where the log here begins behind its `docked`. */
  bay: string | undefined;
  camera: string | undefined;
  /** The stay that it belongs to: itself in logs of 0.1.0. */
  stay: string | undefined;
  /** As the how manieth docking it began; undefined where the log here does not hold its beginning. */
  begun: number | undefined;
  /** When it began, as `docked` says (RFC 3339). */
  begunAt: string | undefined;
  /** When it was over, as far as the log tells: at `undocked`, or at the next start of the agent. Undefined while it goes on. */
  endedAt: string | undefined;
  /** Starts of the agent since it was over. */
  startsSince: number;
  /** First listing. */
  inventory: { readonly entries: number; readonly bytes: number; readonly sha256: string } | undefined;
  /** Record of each part, by its number. */
  readonly records: Map<number, { readonly record: string; readonly sha256: string; readonly parts: number }>;
  /** The station's key was changed while it had no record. */
  keyChanged: boolean;
  /** A later docking in the same bay has its record. */
  overtaken: boolean;
}

/** The account of one log. */
export class DockingAccount {
  readonly #dockings = new Map<string, LoggedDocking>();
  /** Dockings that are not recorded yet, in the order in which they began. */
  readonly #unrecorded = new Set<LoggedDocking>();
  #lastAt: string | undefined;
  #begun = 0;

  /** Takes the next entry; segments come in their order. */
  take({ event, facts, at }: CustodyEntry): void {
    this.#lastAt = at;
    if (event === 'agent-started') this.#started(at);
    if (event === 'key-changed') for (const logged of this.#unrecorded) logged.keyChanged = true;
    const { docking } = facts;
    if (typeof docking !== 'string') return;
    if (event === 'docked') this.#docked(docking, facts, at);
    else if (event === 'undocked') this.#of(docking).endedAt = at;
    else if (event === 'inventory') this.#listed(docking, facts);
    else if (event === 'docking-recorded') this.#recorded(docking, facts);
  }

  /** What the log says of a docking; undefined where it does not name it. */
  of(docking: string): LoggedDocking | undefined {
    return this.#dockings.get(docking);
  }

  /** All dockings that the log names. */
  all(): Iterable<LoggedDocking> {
    return this.#dockings.values();
  }

  /** Time of the newest entry; undefined for an empty log. */
  get lastAt(): string | undefined {
    return this.#lastAt;
  }

  #of(docking: string): LoggedDocking {
    const known = this.#dockings.get(docking);
    if (known !== undefined) return known;
    const fresh: LoggedDocking = {
      docking,
      bay: undefined,
      camera: undefined,
      stay: undefined,
      begun: undefined,
      begunAt: undefined,
      endedAt: undefined,
      startsSince: 0,
      inventory: undefined,
      records: new Map(),
      keyChanged: false,
      overtaken: false,
    };
    this.#dockings.set(docking, fresh);
    return fresh;
  }

  #docked(docking: string, { bay, camera, stay }: CustodyEntry['facts'], at: string): void {
    const logged = this.#of(docking);
    logged.begun = this.#begun++;
    logged.begunAt = at;
    if (typeof bay === 'string') logged.bay = bay;
    if (typeof camera === 'string') logged.camera = camera;
    logged.stay = typeof stay === 'string' ? stay : docking;
    if (logged.records.size === 0) this.#unrecorded.add(logged);
  }

  /** A start ends what was open before it: it was cut off. */
  #started(at: string): void {
    for (const logged of this.#unrecorded) {
      if (logged.endedAt === undefined) logged.endedAt = at;
      else logged.startsSince++;
    }
  }

  #listed(docking: string, { entries, bytes, sha256 }: CustodyEntry['facts']): void {
    if (typeof entries !== 'number' || typeof bytes !== 'number' || typeof sha256 !== 'string') return;
    this.#of(docking).inventory ??= { entries, bytes, sha256 };
  }

  #recorded(docking: string, { record, sha256, part, parts }: CustodyEntry['facts']): void {
    if (typeof record !== 'string' || typeof sha256 !== 'string') return;
    if (typeof part !== 'number' || typeof parts !== 'number') return;
    const logged = this.#of(docking);
    logged.records.set(part, { record, sha256, parts });
    if (logged.records.size < parts) return;
    this.#unrecorded.delete(logged);
    for (const other of this.#unrecorded)
      if (other.bay === logged.bay && (other.begun ?? 0) < (logged.begun ?? 0)) other.overtaken = true;
  }
}
