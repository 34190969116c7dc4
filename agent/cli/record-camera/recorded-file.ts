// The file of a recorded camera: JSON Lines, a head, what was said line by line, and last what the driver made of it. Pure.
// A line is read by people before it is sent: words and numbers, and beside them the bytes from which a test plays the camera.
import * as z from 'zod';
import { DockError } from '../../../protocol/format/errors.ts';

export const RECORDED_VERSION = 1;
const text = z.string().max(4096);
const count = z.int().min(0);

const headSchema = z.strictObject({
  recorded_camera: z.literal(RECORDED_VERSION),
  kind: z.enum(['ptp', 'smp', 'folder']),
  program: text,
  usb: z
    .strictObject({
      vendor_id: count,
      product_id: count,
      vendor: text.nullable(),
      product: text.nullable(),
      serial: text.nullable(),
      packet_bytes: count,
      interfaces: z.array(z.array(count).length(4)).max(64),
    })
    .optional(),
  line: z.strictObject({ baud: count, framing: z.enum(['console', 'raw']) }).optional(),
});

/** One transaction of PTP; codes as "0x1001". `transfers` are the lengths of what came on the pipe, in order. */
const ptpSchema = z.strictObject({
  ms: count,
  operation: text,
  parameters: z.array(count).max(5),
  sent_bytes: count.optional(),
  transfers: z.array(count),
  response: text.nullable(),
  response_parameters: z.array(count).max(5).optional(),
  /** What came as data, disguised. */
  data: z
    .string()
    .regex(/^(?:[0-9a-f]{2})*$/)
    .optional(),
  /** Length of data that was left out. */
  data_bytes: count.optional(),
  /** The data in words. */
  says: z.unknown().optional(),
});

const smpSchema = z.strictObject({
  ms: count,
  group: count,
  command: count,
  version: z.union([z.literal(0), z.literal(1)]),
  op: z.enum(['read', 'write']),
  request: z.record(text, z.unknown()),
  /** Null where none came. */
  answer: z.record(text, z.unknown()).nullable(),
  bytes: count,
});

const entrySchema = z.strictObject({
  path: text,
  kind: z.enum(['file', 'not-a-file']),
  size_bytes: count,
  modified_at: text.nullable(),
});

/** Something else that happened: a step of recovery, a control request, an event, noise on the line. */
const noteSchema = z.strictObject({ ms: count, note: text, value: z.union([text, count]).optional() });

const number = z.number().nullable();
const resultSchema = z.strictObject({
  identity: z
    .strictObject({
      vendor: text.nullable(),
      model: text.nullable(),
      serial: text.nullable(),
      firmware: text.nullable(),
    })
    .nullable(),
  clock: z.strictObject({ shown: text, zone_minutes: number, resolution_ms: z.number() }).nullable(),
  condition: z.record(text, z.union([number, z.boolean()])).nullable(),
  listing: z
    .strictObject({
      files: count,
      bytes: count,
      others: count,
      locked: count,
      without_time: count,
      problems: z.array(text).max(128),
    })
    .nullable(),
  /** Steps that failed, with the code of the error. */
  failed: z.record(text, text),
});
const lastSchema = z.strictObject({ result: resultSchema });

export type RecordedHead = z.infer<typeof headSchema>;
export type RecordedPtp = z.infer<typeof ptpSchema>;
export type RecordedSmp = z.infer<typeof smpSchema>;
export type RecordedEntry = z.infer<typeof entrySchema>;
export type RecordedNote = z.infer<typeof noteSchema>;
export type RecordedResult = z.infer<typeof resultSchema>;
export type RecordedLine = RecordedPtp | RecordedSmp | RecordedEntry | RecordedNote;

/** A whole file. */
export interface RecordedCamera {
  readonly head: RecordedHead;
  readonly ptp: readonly RecordedPtp[];
  readonly smp: readonly RecordedSmp[];
  readonly entries: readonly RecordedEntry[];
  readonly result: RecordedResult;
}

/** The file's text. */
export function recordedText(
  head: RecordedHead,
  lines: readonly RecordedLine[],
  result: RecordedResult,
): string {
  return [head, ...lines, { result }].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Errors: "recorded.malformed" with the number of the line. */
export function parseRecorded(file: string): RecordedCamera {
  const lines = file.split('\n').filter((line) => line !== '');
  const parsed = lines.map((line, at) => {
    try {
      return JSON.parse(line) as unknown;
    } catch (cause) {
      throw malformed(at, cause);
    }
  });
  const head = checked(headSchema, parsed[0], 0);
  const { result } = checked(lastSchema, parsed.at(-1), parsed.length - 1);
  const made = { ptp: [] as RecordedPtp[], smp: [] as RecordedSmp[], entries: [] as RecordedEntry[] };
  for (const [at, line] of parsed.slice(1, -1).entries()) {
    if (typeof line === 'object' && line !== null && 'note' in line) checked(noteSchema, line, at + 1);
    else if (head.kind === 'ptp') made.ptp.push(checked(ptpSchema, line, at + 1));
    else if (head.kind === 'smp') made.smp.push(checked(smpSchema, line, at + 1));
    else made.entries.push(checked(entrySchema, line, at + 1));
  }
  return { head, ...made, result };
}

function checked<T>(schema: z.ZodType<T>, line: unknown, at: number): T {
  const found = schema.safeParse(line);
  if (!found.success) throw malformed(at, found.error);
  return found.data;
}

function malformed(at: number, cause: unknown): DockError {
  return new DockError('recorded.malformed', `line ${at + 1} is none of a recorded camera`, {
    retry: 'never',
    cause,
  });
}
