// Takes out of what a camera says whatever could name somebody, and keeps its shape: a driver makes the same of both.
//
// Invariants:
// 1. Every text that comes out has as many UTF-16 units as the one that went in, and control characters and punctuation where they were.
// 2. Equal names come out equal, different ones different as far as their lengths allow: pairs of files stay pairs.
// 3. No text that stays holds a serial number that was told before it, whichever text told that.
// 4. All times move by the same number of whole days; the number is written down nowhere.
import { randomInt } from 'node:crypto';

const DAY_MS = 86_400_000;
const DAYS_MAX = 3650;
const TYPE_TEXT_MAX = 64;
/** Shorter ones are found in every text. */
const SECRET_MIN = 4;
const TRIES_MAX = 10_000;
/** What a maker writes into the name of a model. */
const TYPE_TEXT = /^[A-Za-z0-9 .,:;_()+/&-]*$/;
/** Names that a standard gives. */
const KNOWN_NAMES: ReadonlySet<string> = new Set(['DCIM', 'MISC', 'PRIVATE', 'AVCHD', 'CLIP', 'STREAM']);
const KNOWN_ENDINGS: ReadonlySet<string> = new Set(
  'mp4 mov avi ts mts m2ts mkv 3gp jpg jpeg png thm lrv wav aac mp3 m4a gps nmea log txt csv dat bin idx srt xml json lck sec tmp'.split(
    ' ',
  ),
);
const PTP_DATE = /^\d{8}T\d{6}/;
const WALL_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/;

/** A place in a text that tells two texts of one shape apart. */
interface Slot {
  readonly at: number;
  readonly first: number;
  readonly count: number;
}

/** One recording's disguise. */
export class Disguise {
  readonly #daysMs: number;
  /** Serial numbers, in upper case. */
  readonly #secrets = new Set<string>();
  readonly #stems = new Map<string, string>();
  readonly #used = new Set<string>();
  /** Next number of each shape. */
  readonly #next = new Map<string, number>();

  /** `days` is a random number unless given. */
  constructor(days: number = randomInt(1, DAYS_MAX)) {
    this.#daysMs = days * DAY_MS;
  }

  /** Letters as A and a, digits as 0, others beyond ASCII as one letter: what is left is the shape. */
  shape(text: string): string {
    return unitsOf(text)
      .map((unit, at) => {
        const slot = slotOf(unit, at);
        return slot === undefined ? kept(unit) : String.fromCharCode(slot.first);
      })
      .join('');
  }

  /** A serial number, which no other text may hold: with the zeros that fill it up, and without. */
  hide(serial: string | null): void {
    const bare = (serial ?? '').trim().toUpperCase();
    for (const secret of [bare, bare.replace(/^0+/, '')])
      if (secret.length >= SECRET_MIN) this.#secrets.add(secret);
  }

  /** What names a type of camera (maker, model, firmware) stays where it looks like one and holds no serial number; else its shape. */
  typeText(text: string): string {
    const bare = text.trim();
    const isType = bare.length <= TYPE_TEXT_MAX && TYPE_TEXT.test(bare);
    const upper = bare.toUpperCase();
    const holds = [...this.#secrets].some((secret) => upper.includes(secret));
    return isType && !holds ? text : this.shape(text);
  }

  /** One part of a path. A known ending stays, and so does a name that a standard gives. */
  name(name: string): string {
    if (KNOWN_NAMES.has(name)) return name;
    const dot = name.lastIndexOf('.');
    const isKnown = dot > 0 && KNOWN_ENDINGS.has(name.slice(dot + 1).toLowerCase());
    return isKnown ? this.#stem(name.slice(0, dot)) + name.slice(dot) : this.#stem(name);
  }

  /** Parts joined by "/". */
  path(path: string): string {
    return path
      .split('/')
      .map((part) => this.name(part))
      .join('/');
  }

  /** A date as PTP writes it; any other text as its shape. */
  ptpDate(text: string): string {
    if (!PTP_DATE.test(text)) return this.shape(text);
    const wall = `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6, 8)}T${text.slice(9, 11)}:${text.slice(11, 13)}:${text.slice(13, 15)}`;
    const moved = this.#moved(wall);
    const tail = text.slice(15);
    return (moved?.replaceAll(/[-:]/g, '') ?? `00000000T000000`) + (isZone(tail) ? tail : this.shape(tail));
  }

  /** A date with dashes and colons; any other text as its shape. */
  isoDate(text: string): string {
    if (!WALL_TIME.test(text)) return this.shape(text);
    const tail = text.slice(19);
    const moved = this.#moved(text.slice(0, 19)) ?? '0000-00-00T00:00:00';
    return moved + (isZone(tail) ? tail : this.shape(tail));
  }

  /** Milliseconds since 1970. */
  ms(ms: number): number {
    return ms - this.#daysMs;
  }

  /** Seconds since 1970, 0 at least. */
  seconds(seconds: number): number {
    return Math.max(0, seconds - this.#daysMs / 1000);
  }

  /** Undefined where it is no day of the calendar. */
  #moved(wall: string): string | undefined {
    const ms = Date.parse(`${wall}Z`);
    if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(wall)) return undefined;
    const text = new Date(Math.max(0, this.ms(ms))).toISOString().slice(0, 19);
    return text.length === 19 ? text : undefined;
  }

  #stem(stem: string): string {
    const known = this.#stems.get(stem);
    if (known !== undefined) return known;
    const made = this.#fresh(this.shape(stem));
    this.#stems.set(stem, made);
    this.#used.add(made);
    return made;
  }

  /** The next text of that shape that no other name has; the shape itself where there is none. */
  #fresh(shape: string): string {
    const slots = unitsOf(shape).flatMap((unit, at) => slotOf(unit, at) ?? []);
    let number = this.#next.get(shape) ?? 0;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const text = filled(shape, slots, number++);
      if (text === undefined) break;
      if (this.#used.has(text) || KNOWN_NAMES.has(text)) continue;
      this.#next.set(shape, number);
      return text;
    }
    return shape;
  }
}

/** The shape with a number written into its slots from the end; undefined where it has no room. */
function filled(shape: string, slots: readonly Slot[], number: number): string | undefined {
  const units = shape.split('');
  let left = number;
  for (const { at, first, count } of slots.toReversed()) {
    units[at] = String.fromCharCode(first + (left % count));
    left = Math.floor(left / count);
  }
  return left === 0 ? units.join('') : undefined;
}

/** UTF-16 units, those of a pair of surrogates together with an empty one behind. */
function unitsOf(text: string): string[] {
  return Array.from(text).flatMap((character) => (character.length === 2 ? [character, ''] : [character]));
}

/** Undefined for what stays as it is: punctuation, controls, marks that combine, surrogates. */
function slotOf(unit: string, at: number): Slot | undefined {
  if (/^[A-Z]$/.test(unit)) return { at, first: 0x41, count: 26 };
  if (/^[a-z]$/.test(unit)) return { at, first: 0x61, count: 26 };
  if (/^[0-9]$/.test(unit)) return { at, first: 0x30, count: 10 };
  const code = unit.length === 1 ? unit.charCodeAt(0) : 0;
  const isKept =
    code < 0x80 ||
    (code >= 0x300 && code < 0x370) ||
    (code >= 0x2000 && code < 0x2070) ||
    (code >= 0xd800 && code < 0xe000) ||
    code === 0xfffd;
  return isKept ? undefined : { at, first: 0x100, count: 64 };
}

/** Any pair of surrogates is the same one. */
function kept(unit: string): string {
  return unit.length === 2 ? '\u{1f3a5}' : unit;
}

function isZone(text: string): boolean {
  return /^(?:\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?$/.test(text);
}
