// The list of the vault as the desk asks for it: read once as `bodydock ls` reads it, kept in memory, and read again after a while. Questions are
// answered from memory, so that 100,000 recordings list at once; each answer says as of when.
import {
  type ListedRecording,
  listedDocument,
  LIST_STATES,
  type VaultList,
} from '../evidence/list/vault-list.ts';
import type { Clock, Log } from '../../protocol/format/ports.ts';

/** What came or went since is seen after so long, ms. */
const FRESH_MS = 60_000;
/** Of a large vault the reading takes minutes: it rests so many times as long as it took. */
const REST_FACTOR = 9;
export const PAGE_MAX = 500;
const PAGE_DEFAULT = 100;
const OFFSET_MAX = 10_000_000;
const WORD = /^[A-Za-z0-9._-]{1,64}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/;

interface Kept {
  readonly list: VaultList;
  /** By station and id. */
  readonly rows: ReadonlyMap<string, ListedRecording>;
  readonly asOf: string;
}

/** A question: each filter names a value that a row must have; `from` and `to` are instants between which it may have been made. */
export interface ListQuestion {
  readonly fromMs: number;
  readonly toMs: number;
  readonly camera: string | undefined;
  readonly station: string | undefined;
  readonly role: string | undefined;
  readonly states: ReadonlySet<string> | undefined;
  /** The beginning of an id. */
  readonly id: string | undefined;
  readonly offset: number;
  readonly limit: number;
}

export class DeskList {
  readonly #read: () => Promise<VaultList>;
  readonly #clock: Pick<Clock, 'monotonicMs' | 'wallMs'>;
  readonly #log: Pick<Log, 'error'>;
  #kept: Kept;
  #staleAtMs: number;
  #reading = false;

  private constructor(
    read: () => Promise<VaultList>,
    clock: Pick<Clock, 'monotonicMs' | 'wallMs'>,
    log: Pick<Log, 'error'>,
  ) {
    this.#read = read;
    this.#clock = clock;
    this.#log = log;
    this.#kept = {
      list: { rows: [], recordings: 0, otherFiles: 0, unproven: [] },
      rows: new Map(),
      asOf: '',
    };
    this.#staleAtMs = 0;
  }

  /** Reads it for the first time. Errors: those of `read`. */
  static async open(
    read: () => Promise<VaultList>,
    clock: Pick<Clock, 'monotonicMs' | 'wallMs'>,
    log: Pick<Log, 'error'>,
  ): Promise<DeskList> {
    const list = new DeskList(read, clock, log);
    await list.#readNow();
    return list;
  }

  /** The row of a recording; undefined where the vault has none that verifies. */
  row(station: string, recording: string): ListedRecording | undefined {
    this.#refresh();
    return this.#kept.rows.get(keyOf(station, recording));
  }

  /** The answer to a question, the newest first, as JSON. */
  answer(question: ListQuestion): string {
    this.#refresh();
    const { list, asOf } = this.#kept;
    const found = list.rows.filter((row) => fits(row, question));
    const end = found.length - question.offset;
    const page = found.slice(Math.max(0, end - question.limit), Math.max(0, end)).toReversed();
    return JSON.stringify({
      as_of: asOf,
      total: found.length,
      offset: question.offset,
      recordings: page.map(listedDocument),
      vault: { recordings: list.recordings, other_files: list.otherFiles, unproven: list.unproven.length },
      cameras: distinct(list.rows.map(({ camera }) => camera)),
      stations: distinct(list.rows.map(({ station }) => station)),
    });
  }

  /** Something has changed in the vault: the next question has it read again. */
  readSoon(): void {
    this.#staleAtMs = 0;
  }

  #refresh(): void {
    if (this.#reading || this.#clock.monotonicMs() < this.#staleAtMs) return;
    this.#readNow().catch((error: unknown) =>
      this.#log.error('vault not listed, the desk shows an older list', { error }),
    );
  }

  async #readNow(): Promise<void> {
    this.#reading = true;
    const beganMs = this.#clock.monotonicMs();
    const asOf = new Date(this.#clock.wallMs()).toISOString();
    try {
      const list = await this.#read();
      const rows = new Map(list.rows.map((row) => [keyOf(row.station, row.recording), row]));
      this.#kept = { list, rows, asOf };
    } finally {
      const endedMs = this.#clock.monotonicMs();
      this.#staleAtMs = endedMs + Math.max(FRESH_MS, REST_FACTOR * (endedMs - beganMs));
      this.#reading = false;
    }
  }
}

function keyOf(station: string, recording: string): string {
  return `${station}/${recording}`;
}

function fits(row: ListedRecording, asked: ListQuestion): boolean {
  const { camera = row.camera, station = row.station, role = row.role, id = '' } = asked;
  if (row.camera !== camera || row.station !== station || row.role !== role) return false;
  if (!row.recording.startsWith(id) || asked.states?.has(row.state) === false) return false;
  const { from, to } = row.made ?? { from: row.sealedAt, to: row.sealedAt };
  return Date.parse(from) <= asked.toMs && Date.parse(to) >= asked.fromMs;
}

function distinct(words: readonly string[]): string[] {
  return [...new Set(words)].sort();
}

/** What is asked by the query of an address; a text says what is wrong with it. */
export function parseQuestion(query: URLSearchParams): ListQuestion | string {
  const known = ['from', 'to', 'camera', 'station', 'role', 'state', 'id', 'offset', 'limit'];
  const names = [...query.keys()];
  const unknown = names.find((name, at) => !known.includes(name) || names.indexOf(name) !== at);
  if (unknown !== undefined)
    return `${JSON.stringify(unknown.slice(0, 32))}: each once, of ${known.join(', ')}`;
  const value = (name: string): string | undefined => query.get(name) ?? undefined;
  const badWord = ['camera', 'station', 'role', 'id'].find((name) => !WORD.test(value(name) ?? 'x'));
  if (badWord !== undefined) return `${badWord}: 1 to 64 letters, digits, ".", "_" and "-"`;
  const badTime = ['from', 'to'].find((name) => !isInstant(value(name) ?? '2000-01-01T00:00:00Z'));
  if (badTime !== undefined) return `${badTime}: an instant such as 2026-11-30T21:41:00Z`;
  const states = value('state')?.split(',');
  if (states?.some((state) => !LIST_STATES.some((each) => each === state)) === true)
    return `state: ${LIST_STATES.join(', ')}`;
  const [offset, limit] = [numberOf(value('offset'), 0), numberOf(value('limit'), PAGE_DEFAULT)];
  if (!(offset <= OFFSET_MAX)) return `offset: a whole number up to ${OFFSET_MAX}`;
  if (!(limit >= 1 && limit <= PAGE_MAX)) return `limit: a whole number from 1 to ${PAGE_MAX}`;
  return {
    fromMs: Date.parse(value('from') ?? '0000-01-01T00:00:00Z'),
    toMs: Date.parse(value('to') ?? '9999-12-31T23:59:59Z'),
    camera: value('camera'),
    station: value('station'),
    role: value('role'),
    states: states && new Set(states),
    id: value('id'),
    offset,
    limit,
  };
}

function isInstant(text: string): boolean {
  return INSTANT.test(text) && !Number.isNaN(Date.parse(text));
}

function numberOf(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  return /^\d{1,8}$/.test(text) ? Number(text) : Number.NaN;
}
