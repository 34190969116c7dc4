// One entry of the custody log (SPEC 4.3) as a line, and the chain over lines. Files and signatures are elsewhere.
import * as z from 'zod';
import { encodeCanonical, parseCanonical } from '../format/canonical.ts';
import * as d from '../documents/document.ts';
import { DockError } from '../format/errors.ts';
import { sha256Hex } from '../format/bytes.ts';
import { CUSTODY_ENTRY_BYTES_MAX } from '../format/limits.ts';
import type { Clock } from '../format/ports.ts';

/** `previous` of the first entry of a segment. */
export const FIRST_PREVIOUS = '0'.repeat(64);
/** Trusted comment of a signed head. */
export const CUSTODY_HEAD_TRUSTED_COMMENT = 'bodydock custody-head';
/** Trusted comment of the signature over a whole ended segment. */
export const CUSTODY_SEGMENT_TRUSTED_COMMENT = 'bodydock custody-segment';

/** A text that was cut within a character ends in half of one, which no line can hold: one such event would keep all behind it from the log. */
const text = z
  .string()
  .max(8192)
  .overwrite((cut) => cut.toWellFormed());
const fact = z.union([text, z.int(), z.boolean(), z.null()]);
/** A record leaves a key `__proto__` out of what it gives: it would stand in the line, of any kind, and no reader would see it. */
const factsSchema = z
  .unknown()
  .refine((value) => !Object.hasOwn(Object(value) as object, '__proto__'), 'a fact named __proto__')
  .pipe(z.record(z.string().max(64), fact));

/** Event names of a station's log, as in SPEC 4.3.5. */
export const CUSTODY_EVENTS = [
  'segment-opened',
  'agent-started',
  'agent-stopped',
  'configuration',
  'clock-state',
  'clock-stepped',
  'docked',
  'undocked',
  'camera-refused',
  'camera-clock',
  'camera-clock-set',
  'seen',
  'seen-more',
  'inventory',
  'pulled',
  'sealed',
  'rejected',
  'spooled',
  'matched',
  'not-taken',
  'docking-recorded',
  'document-recorded',
  'offered',
  'receipted',
  'asked-again',
  'store-restored',
  'store-log',
  'receipt-refused',
  'erasing',
  'erased',
  'not-erased',
  'erasure-unconfirmed',
  'spool-reclaimed',
  'spool-documents-dropped',
  'carried',
  'segment-dropped',
  'quarantined',
  'chain-broken',
  'difference-found',
  'difference-gone',
  'difference-acknowledged',
  'camera-retired',
  'proof-installed',
  'key-changed',
  'checkpoint',
] as const;
/** Event names that only the store's own log has (SPEC 4.3.7). */
export const STORE_EVENTS = [
  'receiver-started',
  'receiver-stopped',
  'receipt',
  'head',
  'retention',
  'expiry-warned',
  'order',
  'hold-lapsed',
  'deleting',
  'deleted',
  'documents-dropped',
  'disclosed',
  'evaluation',
  'clock-checked',
  'outside-time',
  'expiry-waits',
  'key-revoked',
  'witnessed',
  'restored',
  'policy',
] as const;
export type CustodyEventName = (typeof CUSTODY_EVENTS)[number] | (typeof STORE_EVENTS)[number];

/** What a stage says: the event and its facts. Never a path, a serial number or a person's name. */
export interface CustodyEvent {
  readonly event: CustodyEventName;
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

export const custodyEntrySchema = z.strictObject({
  sequence: z.int().min(1),
  previous: d.sha256Schema,
  at: d.instantSchema,
  boot: z.string().max(64).nullable(),
  monotonic_ms: z.int().min(0),
  event: z.enum([...CUSTODY_EVENTS, ...STORE_EVENTS]),
  facts: factsSchema,
});
export type CustodyEntry = z.infer<typeof custodyEntrySchema>;

/** The document that a checkpoint signs. */
export const custodyHeadDocumentSchema = z.strictObject({
  type: z.literal('custody-head'),
  version: z.literal(1),
  /** Whose log it is: a station's, or a receiver's for the store's own. */
  station: z.union([d.stationIdSchema, d.receiverIdSchema]),
  segment: d.segmentIdSchema,
  sequence: z.int().min(1),
  sha256: d.sha256Schema,
  /** The time that the checkpoint itself bears. */
  at: d.instantSchema,
  boot: z.string().max(64).nullable(),
  monotonic_ms: z.int().min(0),
});
export type CustodyHeadDocument = z.infer<typeof custodyHeadDocumentSchema>;

/** Canonical bytes of a head document. */
export function encodeCustodyHead(head: CustodyHeadDocument): Uint8Array {
  return d.encodeDocument(custodyHeadDocumentSchema, head);
}

/** A head document from its bytes. Errors: "canonical.refused", "document.refused". */
export function parseCustodyHead(bytes: Uint8Array): CustodyHeadDocument {
  return d.parseDocument(custodyHeadDocumentSchema, bytes, CUSTODY_ENTRY_BYTES_MAX);
}

/** The line of an entry, without its LF. Errors: "document.refused"; "custody.entry-oversize" above CUSTODY_ENTRY_BYTES_MAX. */
export function encodeCustodyEntry(entry: CustodyEntry): Uint8Array {
  const line = encodeCanonical(custodyEntrySchema.parse(entry));
  if (line.length > CUSTODY_ENTRY_BYTES_MAX) {
    throw new DockError(
      'custody.entry-oversize',
      `custody entry of ${line.length} bytes, at most ${CUSTODY_ENTRY_BYTES_MAX}`,
      { retry: 'never' },
    );
  }
  return line;
}

/** An entry from its line, without its LF. Errors: "canonical.refused", "document.refused". */
export function parseCustodyEntry(line: Uint8Array): CustodyEntry {
  const value = custodyEntrySchema.safeParse(parseCanonical(line, CUSTODY_ENTRY_BYTES_MAX));
  if (value.success) return value.data;
  throw new DockError(
    'document.refused',
    `custody entry refused: ${value.error.issues.map((i) => i.message).join('; ')}`,
    { retry: 'never' },
  );
}

/** Where a chain stands: the last good entry's number and the digest of its line. Sequence 0 is the start of a segment. */
export interface ChainState {
  readonly sequence: number;
  readonly sha256: string;
}
export const CHAIN_START: ChainState = { sequence: 0, sha256: FIRST_PREVIOUS };

/** Steps a chain over one more line. Errors: those of parseCustodyEntry; "custody.chain-broken" with the place. */
export function followChain(state: ChainState, line: Uint8Array): { entry: CustodyEntry; state: ChainState } {
  const entry = parseCustodyEntry(line);
  if (entry.sequence !== state.sequence + 1 || entry.previous !== state.sha256) {
    throw new DockError(
      'custody.chain-broken',
      `custody entry ${entry.sequence} does not follow entry ${state.sequence}: an entry is missing, doubled, swapped or altered`,
      { retry: 'never', facts: { expected_sequence: state.sequence + 1, found_sequence: entry.sequence } },
    );
  }
  return { entry, state: { sequence: entry.sequence, sha256: sha256Hex(line) } };
}

/** When an entry is made, by the clocks of anybody who makes it. `boot`: null where the machine does not tell. */
export function entryStamp(
  clock: Pick<Clock, 'wallMs' | 'monotonicMs'>,
  boot: string | null,
): { readonly at: string; readonly boot: string | null; readonly monotonic_ms: number } {
  return {
    at: new Date(clock.wallMs()).toISOString(),
    boot,
    monotonic_ms: Math.floor(clock.monotonicMs()),
  };
}
