// Watches a first run as monitoring would: through the retained bay documents on MQTT, and nothing else.
import * as z from 'zod';
import { parseUtf8 } from '../../../protocol/format/bytes.ts';
import type { BayDocument } from '../../../protocol/transfer/messages.ts';
import type { Broker } from '../../../protocol/format/ports.ts';

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
