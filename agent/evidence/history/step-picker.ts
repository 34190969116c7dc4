// Picks from a log, entry by entry, what belongs to a life: the subject's own steps, and what else happened at that keeper between the
// first and the last of them and matters for what they are worth. Pure.
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import type { EntryRef } from './proof-book.ts';
import type { Related } from './related.ts';

/** Steps that are listed of one log; a docking of 10,000 files has more, and its record lists them. */
export const STEPS_MAX = 2000;
/** Behind those: steps of the docking itself, of which there are few. */
const KEPT_MAX = 2 * STEPS_MAX;
/** Other events that are listed of one log. */
export const BETWEEN_MAX = 500;

/** An entry with its place in the log. */
export interface PickedEntry {
  readonly entry: CustodyEntry;
  readonly ref: EntryRef;
}

/** Events of which the last one before the first step says what held then. */
const IN_FORCE: ReadonlySet<CustodyEntry['event']> = new Set([
  'agent-started',
  'configuration',
  'clock-state',
]);
/** Events that matter for everything that is logged around them. */
const AROUND: ReadonlySet<CustodyEntry['event']> = new Set([
  ...IN_FORCE,
  'agent-stopped',
  'clock-stepped',
  'key-changed',
  'proof-installed',
  'chain-broken',
  'difference-found',
  'difference-gone',
  'difference-acknowledged',
]);
/** Events of a docking that belong to the life of each recording that was met in it. */
const OF_DOCKING: ReadonlySet<CustodyEntry['event']> = new Set([
  'docked',
  'undocked',
  'camera-clock',
  'camera-clock-set',
  'inventory',
  'docking-recorded',
]);

/** Listed also where there are many others before. */
const KEPT: ReadonlySet<CustodyEntry['event']> = new Set([...OF_DOCKING, 'receipted']);

/** Picks from one log. */
export class StepPicker {
  readonly #related: Related;
  readonly #steps: PickedEntry[] = [];
  readonly #inForce = new Map<string, PickedEntry>();
  /** What happened since the first step; as many as `#sure` of them lie before a later step. */
  readonly #between: PickedEntry[] = [];
  #sure = 0;
  #moreBetween = 0;
  #sureMore = 0;
  #moreSteps = 0;

  constructor(related: Related) {
    this.#related = related;
  }

  /** Takes the next entry of the log; true where it is of the life, listed or not. */
  take(entry: CustodyEntry, ref: EntryRef): boolean {
    const isStep = this.#concerns(entry);
    if (isStep) this.#step({ entry, ref });
    else if (AROUND.has(entry.event)) this.#around({ entry, ref });
    return isStep;
  }

  get steps(): readonly PickedEntry[] {
    return this.#steps;
  }
  get moreSteps(): number {
    return this.#moreSteps;
  }
  /** What held before the first step, and what happened until the last one. */
  get between(): readonly PickedEntry[] {
    if (this.#steps.length === 0) return [];
    return [...this.#inForce.values(), ...this.#between.slice(0, this.#sure)];
  }
  get moreBetween(): number {
    return this.#sureMore;
  }

  #step(picked: PickedEntry): void {
    const places = KEPT.has(picked.entry.event) ? KEPT_MAX : STEPS_MAX;
    if (this.#steps.length < places) this.#steps.push(picked);
    else this.#moreSteps++;
    this.#sure = this.#between.length;
    this.#sureMore = this.#moreBetween;
  }

  #around(picked: PickedEntry): void {
    const { event } = picked.entry;
    if (this.#steps.length === 0) {
      this.#inForce.delete(event); // the newest one stands last
      if (IN_FORCE.has(event)) this.#inForce.set(event, picked);
    } else if (this.#between.length < BETWEEN_MAX) this.#between.push(picked);
    else this.#moreBetween++;
  }

  #concerns({ event, facts }: CustodyEntry): boolean {
    const { subject, dockings, records } = this.#related;
    const { station, recording, docking, path_sha256: path, name } = facts;
    // An entry of the store says whose recording it is about; ids are the stations' word.
    if (typeof station === 'string' && station !== subject.station) return false;
    if (subject.kind === 'recording' && recording === subject.id) return true;
    if (typeof recording === 'string' && records.has(recording)) return true;
    if (event === 'quarantined' && typeof name === 'string') return name === subject.id || records.has(name);
    if (event === 'difference-found' || event === 'difference-gone') return facts['subject'] === subject.id;
    if (typeof docking !== 'string') return false;
    const paths = dockings.get(docking);
    if (paths === undefined) return false;
    if (subject.kind === 'docking' || OF_DOCKING.has(event)) return true;
    return (event === 'seen' || event === 'not-taken') && typeof path === 'string' && paths.has(path);
  }
}
