// Live progress of a first run in the terminal: one line a bay, redrawn in place; where the output is no terminal, a line for each
// change of state and every few seconds.
import * as z from 'zod';
import { parseUtf8 } from '../../../protocol/format/bytes.ts';
import type { Broker } from '../../../protocol/format/ports.ts';
import type { BayDocument } from '../../../protocol/transfer/messages.ts';

const PLAIN_MS = 3000;
const BAR_CELLS = 24;

export interface ProgressOutput {
  readonly isTTY: boolean;
  write(text: string): void;
}

/** Draws bay lines. */
export class ProgressLines {
  readonly #output: ProgressOutput;
  readonly #nowMs: () => number;
  #drawn = 0;
  #plain = new Map<string, { text: string; state: string; atMs: number }>();

  constructor(output: ProgressOutput, nowMs: () => number) {
    this.#output = output;
    this.#nowMs = nowMs;
  }

  draw(bays: readonly (BayDocument | undefined)[]): void {
    if (this.#output.isTTY) this.#redraw(bays);
    else for (const bay of bays) if (bay !== undefined) this.#plainLine(bay);
  }

  #redraw(bays: readonly (BayDocument | undefined)[]): void {
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : '';
    this.#drawn = bays.length;
    this.#output.write(
      up + bays.map((bay) => `\u001b[2K${bay === undefined ? '...' : bayLine(bay)}\n`).join(''),
    );
  }

  #plainLine(bay: BayDocument): void {
    const last = this.#plain.get(bay.bay);
    const text = bayLine(bay);
    const now = this.#nowMs();
    if (
      last !== undefined &&
      (last.text === text || (last.state === bay.state && now - last.atMs < PLAIN_MS))
    )
      return;
    this.#plain.set(bay.bay, { text, state: bay.state, atMs: now });
    this.#output.write(`${text}\n`);
  }
}

/** One bay in one line: state, counts, bar, percentage, rate, remaining time. */
export function bayLine(bay: BayDocument): string {
  const done = bay.state === 'pulling' || bay.state === 'reading' ? bay.bytes_spooled : bay.bytes_receipted;
  const share = bay.bytes === 0 ? 1 : Math.min(1, done / bay.bytes);
  const shown = bay.state === 'reading' || bay.state === 'empty' ? 0 : share;
  const bar = '#'.repeat(Math.round(shown * BAR_CELLS)).padEnd(BAR_CELLS, '.');
  const parts = [
    `${bay.bay}  ${(bay.camera ?? 'no camera').padEnd(10)}  ${bay.state.padEnd(8)}`,
    `[${bar}] ${String(Math.floor(shown * 100)).padStart(3)} %`,
    `${bay.entries_receipted} of ${bay.entries} receipted`,
  ];
  if (bay.entries_erased > 0) parts.push(`${bay.entries_erased} erased`);
  if (bay.entries_waiting > 0) parts.push(`${bay.entries_waiting} waiting`);
  if (bay.rate_bytes_per_s !== null) parts.push(`${formatBytes(bay.rate_bytes_per_s)}/s`);
  if (bay.remaining_s !== null) parts.push(`${formatSeconds(bay.remaining_s)} left`);
  return `${parts.join('  ')}  ${bay.light}`;
}

/** Bytes for people, powers of 1000. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let at = 0;
  for (; value >= 1000 && at < units.length - 1; at++) value /= 1000;
  return `${at === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[at]}`;
}

function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

// Watches a first run as monitoring would: through the retained bay documents on MQTT, and nothing else.

const baySchema: z.ZodType<BayDocument> = z.object({
  bay: z.string(),
  camera: z.string().nullable(),
  state: z.enum(['empty', 'reading', 'pulling', 'pushing', 'erasing', 'done', 'failed']),
  light: z.enum(['off', 'safe-to-take', 'do-not-take', 'call-someone']),
  entries: z.number(),
  entries_spooled: z.number(),
  entries_receipted: z.number(),
  entries_erased: z.number(),
  entries_waiting: z.number(),
  bytes: z.number(),
  bytes_spooled: z.number(),
  bytes_receipted: z.number(),
  rate_bytes_per_s: z.number().nullable(),
  remaining_s: z.number().nullable(),
  since: z.string(),
  docked_at: z.string().nullable(),
});

/** The newest document of each bay. */
export class BayWatch {
  readonly #bays = new Map<string, BayDocument>();
  readonly #expected: readonly string[];
  readonly #onChange: () => void;

  constructor(
    broker: Broker,
    base: string,
    station: string,
    expected: readonly string[],
    onChange: () => void,
  ) {
    this.#expected = expected;
    this.#onChange = onChange;
    broker.onMessage((message) => this.#take(message.payload));
    void broker.subscribe(`${base}/v1/${station}/bay/+`);
  }

  /** In the order of the configuration; undefined for a bay that has not said anything yet. */
  get bays(): (BayDocument | undefined)[] {
    return this.#expected.map((bay) => this.#bays.get(bay));
  }

  /** Every bay has done all that it can do. */
  get done(): boolean {
    return this.bays.every((bay) => bay?.state === 'done');
  }

  /** Some bay still moves: it reads, pulls, pushes or erases. */
  get moving(): boolean {
    return this.bays.some((bay) => bay === undefined || !['done', 'failed', 'empty'].includes(bay.state));
  }

  #take(payload: Uint8Array): void {
    const text = parseUtf8(payload);
    if (text === undefined) return;
    const bay = baySchema.safeParse(JSON.parse(text));
    if (!bay.success) return;
    this.#bays.set(bay.data.bay, bay.data);
    this.#onChange();
  }
}
