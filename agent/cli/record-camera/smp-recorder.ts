// Listens to a serial camera's line: every request with its answer is a line of the file. It changes nothing that passes.
import type { Line, OpenLine } from '../../../drivers/serial/line.ts';
import type { SmpFraming } from '../../../drivers/serial/smp/framing.ts';
import {
  parseHeader,
  parseMap,
  SMP_HEADER_BYTES,
  type SmpHeader,
  type SmpMap,
} from '../../../drivers/serial/smp/packet.ts';
import { isDockError } from '../../../protocol/format/errors.ts';
import type { RecorderDeps } from './ptp-recorder.ts';

interface Asked {
  readonly ms: number;
  readonly header: SmpHeader;
  readonly map: SmpMap;
}

/** Numbers, truth and error codes stay; of texts only those that are known here. */
type Maps = Readonly<Record<string, unknown>>;

export class SmpRecorder {
  readonly #deps: RecorderDeps;
  readonly #framing: SmpFraming;
  readonly #asked = new Map<number, Asked>();

  constructor(deps: RecorderDeps, framing: SmpFraming) {
    this.#deps = deps;
    this.#framing = framing;
  }

  /** Shape: as OpenLine, of the same ports. */
  listening(openLine: OpenLine): OpenLine {
    return async (settings, signal) => this.#listen(await openLine(settings, signal));
  }

  /** Requests that were never answered are lines, too. */
  end(): void {
    for (const asked of this.#asked.values()) this.#say(asked, null, 0);
    this.#asked.clear();
  }

  #listen(line: Line): Line {
    const requests = this.#framing.deframer('requests');
    const answers = this.#framing.deframer('answers');
    return {
      write: (bytes) => {
        for (const packet of requests.push(bytes, this.#deps.nowMs())) this.#sent(packet);
        return line.write(bytes);
      },
      onBytes: (handler) =>
        line.onBytes((bytes) => {
          for (const packet of answers.push(bytes, this.#deps.nowMs())) this.#came(packet);
          handler(bytes);
        }),
      onGone: (handler) => line.onGone(handler),
      close: async () => {
        this.end();
        const { noiseBytes, damaged } = answers;
        if (noiseBytes > 0) this.#note('bytes of noise on the line', noiseBytes);
        if (damaged > 0) this.#note('damaged packets', damaged);
        await line.close();
      },
    };
  }

  #sent(packet: Uint8Array): void {
    const [header, map] = parsed(packet);
    if (header === undefined || map === undefined) return;
    const before = this.#asked.get(header.sequence);
    if (before !== undefined) this.#say(before, null, 0);
    this.#asked.set(header.sequence, { ms: this.#deps.nowMs(), header, map });
  }

  #came(packet: Uint8Array): void {
    const [header, map] = parsed(packet);
    const asked = header && this.#asked.get(header.sequence);
    if (header === undefined || asked === undefined) return this.#note('a packet that nobody asked for');
    this.#asked.delete(header.sequence);
    if (map === undefined) this.#note('an answer that is no map', packet.length);
    this.#say(asked, map ?? null, packet.length);
  }

  #say({ ms, header, map }: Asked, answer: SmpMap | null, bytes: number): void {
    const { group, command, version } = header;
    const op = header.op === 'write' ? 'write' : 'read';
    const request = this.#shown(group, command, map);
    const shown = answer && this.#shown(group, command, answer);
    this.#deps.say({ ms, group, command, version, op, request, answer: shown, bytes });
  }

  /** What of a map may be shown. */
  #shown(group: number, command: number, map: Maps): Record<string, unknown> {
    const { disguise } = this.#deps;
    if (group === 66 && command === 0 && typeof map['serial'] === 'string') disguise.hide(map['serial']);
    const texts: Readonly<Record<string, (text: string) => string>> = {
      vendor: (text) => disguise.typeText(text),
      model: (text) => disguise.typeText(text),
      firmware: (text) => disguise.typeText(text),
      name: (text) => disguise.path(text),
      at: (text) => disguise.isoDate(text),
      datetime: (text) => disguise.isoDate(text),
      kind: (text) => (/^[a-z-]{1,16}$/.test(text) ? text : disguise.shape(text)),
      d: (text) => (text === 'bodydock' ? text : disguise.shape(text)),
      r: (text) => (text === 'bodydock' ? text : disguise.shape(text)),
    };
    const value = (key: string, each: unknown): unknown => {
      if (!KEYS.has(key) || (key === 'serial' && typeof each !== 'string')) return null;
      if (typeof each === 'number' || typeof each === 'boolean' || each === null) return each;
      if (typeof each === 'string') return (texts[key] ?? ((text) => disguise.shape(text)))(each);
      if (each instanceof Uint8Array) return { left_out_bytes: each.length };
      if (Array.isArray(each)) return each.map((item) => value(key, item));
      if (typeof each === 'object') return shownMap(each as Maps);
      return null;
    };
    const shownMap = (each: Maps): Record<string, unknown> =>
      Object.fromEntries(
        Object.entries(each).map(([key, item]) => [
          KEYS.has(key) ? key : disguise.shape(key),
          value(key, item),
        ]),
      );
    return shownMap(map);
  }

  #note(note: string, value?: number): void {
    this.#deps.say({ ms: this.#deps.nowMs(), note, ...(value !== undefined && { value }) });
  }
}

/** Keys of SPEC 11; another one may say anything. */
const KEYS: ReadonlySet<string> = new Set(
  (
    'd r rc err group datetime buf_size buf_count off len max total items name at kind locked vendor model serial firmware ' +
    'battery_percent battery_mv battery_cycles charging temperature_c storage_total storage_free power_ons type output types data sha256 mode state rsn'
  ).split(' '),
);

function parsed(packet: Uint8Array): [SmpHeader | undefined, SmpMap | undefined] {
  const header = parseHeader(packet);
  try {
    return [header, parseMap(packet.subarray(SMP_HEADER_BYTES))];
  } catch (error) {
    if (isDockError(error, 'smp.malformed')) return [header, undefined];
    throw error;
  }
}
