// For the vault builder: a custody log as a station and a store keep it, really chained and signed. Events are gathered and written with
// `flush`, so that what comes first in the log may be filled in last (an inventory, once all recordings of its docking are known).
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chainGroups, type LooseEntry } from '../../protocol/custody/custody-chain.ts';
import {
  CHAIN_START,
  CUSTODY_SEGMENT_TRUSTED_COMMENT,
  type ChainState,
  type CustodyEvent,
} from '../../protocol/custody/custody-entry.ts';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { makeSegmentId, type SegmentId, type StationId } from '../../protocol/format/ids.ts';
import { signDocument, type SecretKey } from '../../protocol/documents/minisign.ts';
import type { Random } from '../../protocol/format/ports.ts';
import type { Receipt } from '../../protocol/documents/receipt.ts';
import { fastSigner } from './signer-fast.ts';
import type { BuilderClock } from './vault-builder-signed.ts';

type Facts = CustodyEvent['facts'];
type Step =
  | { readonly kind: 'entries'; readonly make: () => readonly LooseEntry[] }
  | {
      readonly kind: 'checkpoint';
      readonly done: (head: NonNullable<Receipt['custody_head']>) => Promise<void>;
    };

/** One segment; `key` signs all of it. */
interface Segment {
  readonly id: SegmentId;
  readonly key: SecretKey;
  readonly bytes: Uint8Array[];
  state: ChainState;
}

/** The log of one keeper. */
export class BuilderLog {
  readonly #keeper: string;
  readonly #random: Random;
  readonly #clock: BuilderClock;
  readonly #segments: Segment[] = [];
  #steps: Step[] = [];
  /** Further facts of the first entry of each segment that is begun from now on. */
  opening: () => Facts = () => ({});

  /** `keeper` is a station's id, or a receiver's for the store's own log. */
  constructor(keeper: string, random: Random, clock: BuilderClock) {
    this.#keeper = keeper;
    this.#random = random;
    this.#clock = clock;
  }

  /** Segments in order, the newest last. */
  get segments(): readonly SegmentId[] {
    return this.#segments.map(({ id }) => id);
  }

  /** Begins a segment that follows the last one; `key` signs it, `more` are further facts of its first entry. */
  async open(key: SecretKey, more: Facts = {}): Promise<SegmentId> {
    await this.flush();
    const last = this.#segments.at(-1);
    const id = makeSegmentId(this.#random);
    this.#segments.push({ id, key, bytes: [], state: CHAIN_START });
    this.log('segment-opened', {
      segment: id,
      station: this.#keeper,
      version: '0.1.0',
      last_segment: last?.id ?? null,
      last_sequence: last?.state.sequence ?? null,
      last_sha256: last?.state.sha256 ?? null,
      ...this.opening(),
      ...more,
    });
    return id;
  }

  /** Enters an event now; facts that are known only when the log is written come from a function. */
  log(event: CustodyEvent['event'], facts: Facts | (() => Facts)): void {
    const stamp = this.#clock.stamp();
    const make = (): LooseEntry[] => [
      { ...stamp, event, facts: typeof facts === 'function' ? facts() : facts },
    ];
    this.#steps.push({ kind: 'entries', make });
  }

  /** Keeps a place for events that are known only when the log is written; all get the time of now. */
  reserve(events: () => readonly CustodyEvent[]): void {
    const stamp = this.#clock.stamp();
    this.#steps.push({ kind: 'entries', make: () => events().map((event) => ({ ...stamp, ...event })) });
  }

  /** Closes a group here; what follows in the log may name its head. */
  checkpoint(
    done: (head: NonNullable<Receipt['custody_head']>) => Promise<void> = () => Promise.resolve(),
  ): void {
    this.#steps.push({ kind: 'checkpoint', done });
  }

  /** Chains all that was gathered, and closes it by a checkpoint. */
  async flush(): Promise<void> {
    const steps = this.#steps;
    this.#steps = [];
    let group: LooseEntry[] = [];
    for (const step of steps) {
      if (step.kind === 'entries') group.push(...step.make());
      else await step.done(await this.#chain(group.splice(0)));
    }
    if (group.length > 0) await this.#chain(group);
    group = [];
  }

  /** A cut tore the last write of this log: its checkpoint never came to the disk, and the next segment continues after what did. */
  async cutCheckpoint(): Promise<void> {
    await this.flush();
    const segment = this.#segments.at(-1);
    if (segment === undefined) return;
    const lines = Buffer.concat(segment.bytes).toString('utf8').split('\n').slice(0, -2);
    segment.bytes.splice(0, Infinity, Buffer.from(`${lines.join('\n')}\n`));
    segment.state = { sequence: lines.length, sha256: sha256Hex(Buffer.from(lines.at(-1) ?? '')) };
  }

  /** The newest entry that was written; null before the first one. */
  get head(): Receipt['custody_head'] {
    const segment = this.#segments.at(-1);
    return segment === undefined || segment.state.sequence === 0
      ? null
      : { segment: segment.id, ...segment.state };
  }

  /** All lines that were written, without their LF. */
  lines(): string[] {
    const all = this.#segments.map(({ bytes }) => Buffer.concat(bytes).toString('utf8'));
    return all.flatMap((text) => text.split('\n').slice(0, -1));
  }

  /** Writes the segments into a folder; those that have ended get their signature where that is asked for. */
  async write(folder: string, { signEnded = false }: { readonly signEnded?: boolean } = {}): Promise<void> {
    await this.flush();
    await mkdir(folder, { recursive: true });
    for (const [at, { id, key, bytes }] of this.#segments.entries()) {
      const whole = Buffer.concat(bytes);
      const path = join(folder, `${id}.jsonl`);
      await writeFile(path, whole);
      if (signEnded && at < this.#segments.length - 1)
        await writeFile(`${path}.minisig`, signDocument(key, whole, CUSTODY_SEGMENT_TRUSTED_COMMENT));
    }
  }

  async #chain(entries: readonly LooseEntry[]): Promise<NonNullable<Receipt['custody_head']>> {
    const segment = this.#segments.at(-1);
    if (segment === undefined) throw new Error(`the log of ${this.#keeper} was not opened`);
    const context = {
      station: this.#keeper as StationId,
      segment: segment.id,
      signer: fastSigner(segment.key),
      stamp: () => this.#clock.stamp(),
    };
    const groups = await chainGroups(segment.state, entries, context);
    segment.bytes.push(groups.bytes);
    segment.state = groups.state;
    return { segment: segment.id, ...groups.state };
  }
}
