// Moments at which a whole program is asked to end: at a call that changes the disk, sent by the preloaded library of the power cuts
// (preloaded-library.c), or at a message of the station on its way through the broker.
import { connectAsync, type MqttClient } from 'mqtt';
import { numbered, PreloadedLibrary } from './preloaded-library.ts';

/** What is said beside these comes at any time, or at the start in numbers. */
const KINDS = /^(?:up|down|bay|status|event)/;
const IDS = /[a-z2-7]{26,}/g;

/** One moment. */
export interface StopPoint {
  /** "call": what the library names, "write spool/custody/*.jsonl"; empty: any. "message": topic with ids as *, and what it says. */
  readonly kind: 'call' | 'message';
  readonly what: string;
  /** Among those of this name since the program was started, from 1. */
  readonly number: number;
}

/** How a point is told. */
export function shownStop({ kind, what, number }: StopPoint): string {
  return `${kind} ${what === '' ? 'of any name' : what} ${number}`;
}

/** Points of a list of names in their order. */
export function pointsOf(kind: StopPoint['kind'], names: readonly string[]): StopPoint[] {
  return numbered(names).map(({ name, number }) => ({ kind, what: name, number }));
}

/** The built library with its report. */
export class StopLibrary {
  readonly #library: PreloadedLibrary;

  private constructor(library: PreloadedLibrary) {
    this.#library = library;
  }

  static async build(): Promise<StopLibrary> {
    return new StopLibrary(await PreloadedLibrary.build());
  }

  /** Of a program that is asked to end at that call below the folder; after it the call, and all behind it, may hang. */
  environment(root: string, point?: StopPoint, hangs = false): Record<string, string> {
    if (point === undefined) return this.#library.environment(root);
    const { what, number } = point;
    const space = what.indexOf(' ');
    const named = { CUT_OP: what.slice(0, Math.max(space, 0)), CUT_CLASS: what.slice(space + 1) };
    const how = { CUT_MODE: hangs ? 'hang' : 'stop', CUT_AT: String(number) };
    return this.#library.environment(root, { ...named, ...how });
  }

  /** The call has come. */
  async wasHit(): Promise<boolean> {
    return (await this.#library.lines()).includes('cut');
  }

  /** Names of all calls since the last time. */
  async takeCalls(): Promise<string[]> {
    return (await this.#library.takeLines()).filter((line) => line !== 'cut');
  }

  remove(): Promise<void> {
    return this.#library.remove();
  }
}

/** Hears all that passes the broker. */
export class StopTap {
  readonly #client: MqttClient;
  #names: string[] = [];
  #due: { readonly point: StopPoint; readonly call: () => void } | undefined;
  #seen = 0;

  private constructor(client: MqttClient, prefix: string) {
    this.#client = client;
    client.on('error', () => undefined);
    client.on('message', (topic, payload, { retain }) => {
      const name = nameOf(topic.slice(prefix.length), payload);
      if (!retain && KINDS.test(name)) this.#take(name);
    });
  }

  static async open(url: string, prefix: string): Promise<StopTap> {
    const tap = new StopTap(await connectAsync(url, { reconnectPeriod: 100 }), prefix);
    await tap.#client.subscribeAsync(`${prefix}#`);
    return tap;
  }

  /** Calls once, at that message from now on. */
  arm(point: StopPoint, call: () => void): void {
    this.#seen = 0;
    this.#due = { point, call };
  }

  disarm(): void {
    this.#due = undefined;
  }

  /** Names of all messages since the last time. */
  takeNames(): string[] {
    const names = this.#names;
    this.#names = [];
    return names;
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }

  #take(name: string): void {
    this.#names.push(name);
    if (this.#due?.point.what !== name || ++this.#seen !== this.#due.point.number) return;
    const { call } = this.#due;
    this.#due = undefined;
    call();
  }
}

/** The topic below the station without what differs from life to life, and of a document what it says. */
function nameOf(topic: string, payload: Uint8Array): string {
  const name = topic.replaceAll(IDS, '*').replaceAll(/\d+/g, '#');
  if (/^(?:down|bay|status)/.test(name)) {
    const said = saidIn(Buffer.from(payload).toString('utf8'));
    return said === undefined ? name : `${name} ${said}`;
  }
  return name;
}

function saidIn(text: string): string | undefined {
  return /"(?:type|kind|state)":"([a-z-]+)"/.exec(text)?.[1];
}
