// The commands of SPEC 11.5 to 11.7 as calls with checked answers. Nothing here decides when to call.
import * as z from 'zod';
import { DockError } from '../../../protocol/format/errors.ts';
import { CAMERA_PATH_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { CameraTime } from '../../driver.ts';
import type { SmpClient } from './client.ts';
import type { SmpRequest } from './exchange.ts';
import { RC_ACCESS_DENIED, RC_NO_ENTRY, RC_NOT_SUPPORTED, rcOf, type SmpMap } from './packet.ts';

/** A camera must answer within this time, beside what the line takes. */
const ANSWER_MS = 2000;
/** A digest over a file, and an erasure for which the camera computes one, take longer: a slow card gives 500 bytes a millisecond. */
const SLOW_ANSWER_MS = 30_000;
const DIGEST_BYTES_PER_MS = 500;
/** Only what changes nothing is sent again. */
const READ_TRIES = 4;
const DIGEST_TRIES = 2;

const said = z.string().max(128).optional();
const count = z.int().min(0);
const identitySchema = z.object({ vendor: said, model: said, serial: said, firmware: said });
const itemSchema = z.object({
  name: z.string().max(CAMERA_PATH_BYTES_MAX),
  len: count,
  at: z.string().max(64).optional(),
  kind: z.string().max(64).optional(),
  locked: z.boolean().optional(),
});
const recordingsSchema = z.object({ total: count, items: z.array(itemSchema) });
const conditionSchema = z.object({
  battery_percent: z.int().min(0).max(100).optional(),
  battery_mv: z.int().optional(),
  battery_cycles: z.int().optional(),
  charging: z.boolean().optional(),
  temperature_c: z.number().optional(),
  storage_total: count.optional(),
  storage_free: count.optional(),
  power_ons: z.int().optional(),
});
const downloadSchema = z.object({ off: count, data: z.instanceof(Uint8Array), len: count.optional() });
const parametersSchema = z.object({ buf_size: z.int().min(64), buf_count: z.int().min(1) });
const sha256Schema = z.object({ output: z.instanceof(Uint8Array).refine(({ length }) => length === 32) });

/** One item of a camera's list. */
export type SmpItem = z.infer<typeof itemSchema>;
export type SmpIdentity = z.infer<typeof identitySchema>;
export type SmpCondition = z.infer<typeof conditionSchema>;
export type SmpDownload = z.infer<typeof downloadSchema>;

/**
 * The commands on one client.
 * Errors of all: those of SmpClient.call; "driver.protocol" where an answer is not what was asked for.
 */
export class SmpCommands {
  readonly #client: SmpClient;
  /** It is asked for the status of a file until it says that it does not know how. */
  #hasStatus = true;

  constructor(client: SmpClient) {
    this.#client = client;
  }

  /** Errors: "driver.protocol" for another text. */
  async echo(text: string, signal: AbortSignal): Promise<void> {
    const { r } = await this.#write(0, 0, { d: text }, signal, READ_TRIES);
    if (r !== text) throw nonsense('echo', 'another text came back');
  }

  /** The camera's time as it says it. */
  async readTime(signal: AbortSignal): Promise<string> {
    return checked(
      'date-time',
      z.object({ datetime: z.string().max(64) }),
      await this.#read(0, 4, {}, signal),
    ).datetime;
  }

  async writeTime(datetime: string, signal: AbortSignal): Promise<void> {
    await this.#write(0, 4, { datetime }, signal);
  }

  /** Units: bytes of header and data; requests under way. Undefined where the camera does not know the command. */
  async parameters(
    signal: AbortSignal,
  ): Promise<{ readonly bufSize: number; readonly bufCount: number } | undefined> {
    const map = await this.#optional(this.#read(0, 6, {}, signal));
    if (map === undefined) return undefined;
    const { buf_size: bufSize, buf_count: bufCount } = checked('parameters', parametersSchema, map);
    return { bufSize, bufCount };
  }

  /** An answer for another offset is another request's. */
  async download(name: string, off: number, signal: AbortSignal): Promise<SmpDownload> {
    const request = { ...read(8, 0, { off, name }), isAnswer: (map: SmpMap) => map['off'] === off };
    return checked('download', downloadSchema, await this.#client.call(request, signal));
  }

  /** Bytes: by the file's status, or, of a camera that does not know that, by the first answer of a download. */
  async fileLength(name: string, signal: AbortSignal): Promise<number> {
    if (this.#hasStatus) {
      const map = await this.#optional(this.#read(8, 1, { name }, signal));
      if (map !== undefined) return checked('file status', z.object({ len: count }), map).len;
      this.#hasStatus = false;
    }
    const { len } = await this.download(name, 0, signal);
    if (len !== undefined) return len;
    throw nonsense('download', 'no length of the file comes with its first bytes');
  }

  /** SHA-256 of the file (`sizeBytes` long) from an offset on, by the camera's own computing; undefined where it cannot. */
  async fileSha256(
    name: string,
    { off, sizeBytes }: { readonly off: number; readonly sizeBytes: number },
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    const timeoutMs = digestMs(sizeBytes - off);
    const request = { ...read(8, 2, { name, type: 'sha256', off }), timeoutMs, tries: DIGEST_TRIES };
    const map = await this.#optional(this.#client.call(request, signal));
    return map === undefined ? undefined : checked('file hash', sha256Schema, map).output;
  }

  async identity(signal: AbortSignal): Promise<SmpIdentity> {
    return checked('identity', identitySchema, await this.#read(66, 0, {}, signal));
  }

  /** Items from an index on, as many as the camera gives. */
  async recordings(
    off: number,
    max: number,
    signal: AbortSignal,
  ): Promise<{ readonly total: number; readonly items: readonly SmpItem[] }> {
    return checked('list of recordings', recordingsSchema, await this.#read(66, 1, { off, max }, signal));
  }

  /** `refused`: the camera's own digest differs, or it may not. `sizeBytes` as listed. */
  async erase(
    { name, sizeBytes }: { readonly name: string; readonly sizeBytes: number },
    sha256: Uint8Array,
    signal: AbortSignal,
  ): Promise<'done' | 'already-gone' | 'refused'> {
    const request = {
      ...read(66, 2, { name, sha256 }),
      op: 'write' as const,
      tries: 1,
      timeoutMs: digestMs(sizeBytes),
    };
    try {
      await this.#client.call(request, signal);
      return 'done';
    } catch (error) {
      if (rcOf(error) === RC_NO_ENTRY) return 'already-gone';
      if (rcOf(error) === RC_ACCESS_DENIED) return 'refused';
      throw error;
    }
  }

  /** Undefined where the camera does not know the command. */
  async condition(signal: AbortSignal): Promise<SmpCondition | undefined> {
    const map = await this.#optional(this.#read(66, 3, {}, signal));
    return map === undefined ? undefined : checked('condition', conditionSchema, map);
  }

  /** False where the camera does not know the command. */
  async usbMode(mode: 'charge' | 'storage' | 'mtp', signal: AbortSignal): Promise<boolean> {
    return (await this.#optional(this.#write(66, 4, { mode }, signal))) !== undefined;
  }

  /** False where the camera has no indicator. */
  async indicator(state: 'wait' | 'safe' | 'help', signal: AbortSignal): Promise<boolean> {
    return (await this.#optional(this.#write(66, 5, { state }, signal, READ_TRIES))) !== undefined;
  }

  #read(group: number, command: number, map: SmpMap, signal: AbortSignal): Promise<SmpMap> {
    return this.#client.call(read(group, command, map), signal);
  }

  #write(group: number, command: number, map: SmpMap, signal: AbortSignal, tries = 1): Promise<SmpMap> {
    return this.#client.call({ ...read(group, command, map), op: 'write', tries }, signal);
  }

  #optional(call: Promise<SmpMap>): Promise<SmpMap | undefined> {
    return this.#unless(RC_NOT_SUPPORTED, call);
  }

  async #unless(rc: number, call: Promise<SmpMap>): Promise<SmpMap | undefined> {
    try {
      return await call;
    } catch (error) {
      if (rcOf(error) === rc) return undefined;
      throw error;
    }
  }
}

function read(group: number, command: number, map: SmpMap): SmpRequest {
  return { op: 'read', group, command, map, timeoutMs: ANSWER_MS, tries: READ_TRIES };
}

function digestMs(bytes: number): number {
  return SLOW_ANSWER_MS + bytes / DIGEST_BYTES_PER_MS;
}

function checked<T>(what: string, schema: z.ZodType<T>, map: SmpMap): T {
  const result = schema.safeParse(map);
  if (result.success) return result.data;
  const why = result.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw nonsense(what, why.join('; '));
}

function nonsense(what: string, why: string): DockError {
  return new DockError('driver.protocol', `the camera's answer to ${what} makes no sense: ${why}`, {
    retry: 'later',
  });
}

// Times as a serial camera writes them (SPEC 11.5): with or without a zone, with up to six digits of a fraction. Pure.

const FORM =
  /^(?<wall>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(?<fraction>\d{1,6}))?(?<zone>Z|[+-]\d{2}:?\d{2})?$/;
const MINUTE_MS = 60_000;

/** The instant of a camera's text, or undefined where it is no time. Without a zone it is what the camera shows, taken as UTC. */
export function parseCameraTime(text: string): CameraTime | undefined {
  const parts = FORM.exec(text)?.groups;
  if (parts === undefined) return undefined;
  const wall = parts['wall'] ?? '';
  const wallMs = Date.parse(`${wall}.000Z`);
  if (Number.isNaN(wallMs) || !new Date(wallMs).toISOString().startsWith(wall)) return undefined;
  const fraction = parts['fraction'];
  const fractionMs = fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * 1000);
  const zoneMinutes = zoneOf(parts['zone']);
  return {
    claimedMs: wallMs + fractionMs - (zoneMinutes ?? 0) * MINUTE_MS,
    zoneMinutes,
    resolutionMs: fraction === undefined ? 1000 : Math.max(1, 1000 / 10 ** fraction.length),
  };
}

/** The text to set a camera's clock with: in its own zone where it told one, else local time without a zone. */
export function cameraTimeText(
  to: { readonly utcMs: number; readonly localMs: number },
  zoneMinutes: number | null,
): string {
  const shownMs = zoneMinutes === null ? to.localMs : to.utcMs + zoneMinutes * MINUTE_MS;
  return new Date(shownMs).toISOString().slice(0, -1) + (zoneMinutes === null ? '' : zoneText(zoneMinutes));
}

function zoneOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (text === 'Z') return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2));
  return text.startsWith('-') ? -minutes : minutes;
}

function zoneText(minutes: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const absolute = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(absolute / 60))}:${two(absolute % 60)}`;
}
