// Which orders concern which recording (SPEC 4.8): an order about a recording counts for its sidecars too, and the other way round. Pure;
// reading and verifying orders is orders-read.ts, what they amount to is protocol/documents/order-standing.ts.
import type { Manifest } from '../../../protocol/documents/manifest.ts';
import {
  aloneUntil,
  orderStanding,
  type Hold,
  type SignedOrder,
} from '../../../protocol/documents/order-standing.ts';
import type { Order } from '../../../protocol/documents/order.ts';

/** Files of one camera that came this close may be one recording and its sidecar, although a cut put them into two dockings. */
const TOGETHER_MS = 7 * 86_400_000;

/** What joins the files of one recording. */
export interface Subject {
  readonly recording: string;
  readonly camera: string;
  readonly docking: string;
  /** Digest of the recording's path, also for its sidecars. */
  readonly path: string;
  readonly isSidecar: boolean;
  readonly originalSha256: string;
  /** Recordings that it replaces. */
  readonly supersedes: readonly string[];
  /** By the store's clock. */
  readonly receivedMs: number;
}

/** An order that was read, with what it is about where the vault holds that. */
export interface BookedOrder extends SignedOrder {
  /** Digest of `order.json`. */
  readonly sha256: string;
  readonly subject: Subject | undefined;
}

/** Stands for a key id where a signature is there that does not hold: a hold keeps all the same. */
export const WRONG = 'wrong ';

/** What counts for one recording now. */
export interface Standing {
  readonly hold: Hold | undefined;
  readonly deletion: { readonly order: Order; readonly sha256: string } | undefined;
}

/** What a manifest says of where its file belongs; `receivedAt` is the receipt's. */
export function subjectOf(
  manifest: Pick<
    Manifest,
    'recording' | 'camera' | 'docking' | 'source' | 'sidecar_of' | 'original' | 'supersedes'
  >,
  receivedAt: string,
): Subject {
  return {
    recording: manifest.recording,
    camera: manifest.camera.id,
    docking: manifest.docking,
    path: manifest.sidecar_of ?? manifest.source.path_sha256,
    isSidecar: manifest.sidecar_of !== null,
    originalSha256: manifest.original.sha256,
    supersedes: manifest.supersedes,
    receivedMs: Date.parse(receivedAt),
  };
}

/** Orders about one recording with its sidecars, as one docking brought them. */
interface Family {
  readonly subjects: Subject[];
  readonly orders: BookedOrder[];
}

/** The orders of one station. */
export class OrderBook {
  readonly #families = new Map<string, Family>();
  readonly #byPlace = new Map<string, Family[]>();
  readonly #byRecording = new Map<string, Family>();

  constructor(orders: readonly BookedOrder[]) {
    for (const each of orders) this.#add(each);
  }

  /**
   * What counts for a recording at `nowMs`. A hold also reaches what a cut docking tore apart, what replaces its recording, and what else was
   * read at its place; no deletion does.
   */
  standing(subject: Subject, nowMs: number): Standing {
    const own = this.#own(subject);
    const near = (this.#byPlace.get(placeKey(subject)) ?? []).filter(
      (family) => family !== own && family.subjects.some((other) => areTogether(other, subject)),
    );
    const replaced = subject.supersedes.flatMap((recording) => this.#byRecording.get(recording) ?? []);
    const reaching = [...(own === undefined ? [] : [own]), ...near, ...replaced];
    const hold = longest(reaching.map(({ orders }) => holdIn(orders, nowMs)));
    return { hold, deletion: hold === undefined ? signedDeletion(own, subject, nowMs) : undefined };
  }

  /** The deletion that both roles signed for a recording, whether a hold stands against it or not. */
  signedDeletion(subject: Subject, nowMs: number): Standing['deletion'] {
    return signedDeletion(this.#own(subject), subject, nowMs);
  }

  /** Whether this hold counts at `nowMs`, whatever other holds there are. */
  isHolding(booked: BookedOrder, nowMs: number): boolean {
    return standingHold(booked, this.#around(booked), nowMs) !== undefined;
  }

  /** When holds by one role about the recording of this one lapse (RFC 3339); null where there is none. */
  aloneUntil(booked: BookedOrder): string | null {
    const lapsesMs = aloneUntil(withSevenDays(booked, this.#around(booked)));
    return lapsesMs === undefined ? null : new Date(lapsesMs).toISOString();
  }

  #around(booked: BookedOrder): readonly BookedOrder[] {
    return this.#byRecording.get(booked.order.recording)?.orders ?? [];
  }

  #own(subject: Subject): Family | undefined {
    return this.#families.get(familyKey(subject)) ?? this.#byRecording.get(subject.recording);
  }

  #add(booked: BookedOrder): void {
    const { subject, order } = booked;
    const key = subject === undefined ? order.recording : familyKey(subject);
    const family = this.#families.get(key) ?? { subjects: [], orders: [] };
    family.orders.push(booked);
    this.#families.set(key, family);
    this.#byRecording.set(order.recording, family);
    if (subject === undefined) return;
    if (family.subjects.length === 0) {
      const place = placeKey(subject);
      this.#byPlace.set(place, [...(this.#byPlace.get(place) ?? []), family]);
    }
    family.subjects.push(subject);
  }
}

/** One for a recording and its sidecars. */
export function familyKey({ camera, docking, path }: Subject): string {
  return `${camera} ${docking} ${path}`;
}

function placeKey({ camera, path }: Subject): string {
  return `${camera} ${path}`;
}

/** The same place on the same camera in another docking: the same original sealed anew, or a recording and its sidecar. */
function areTogether(a: Subject, b: Subject): boolean {
  if (a.originalSha256 === b.originalSha256) return true;
  return a.isSidecar !== b.isSidecar && Math.abs(a.receivedMs - b.receivedMs) <= TOGETHER_MS;
}

function signedDeletion(family: Family | undefined, subject: Subject, nowMs: number): Standing['deletion'] {
  const meant = (family?.orders ?? []).filter(
    ({ order: { verb, recording }, subject: about }) =>
      verb === 'delete' && areOne({ recording, ...about }, subject),
  );
  const order = orderStanding(meant, nowMs).deletion;
  const booked = meant.find((each) => each.order === order);
  return booked && { order: booked.order, sha256: booked.sha256 };
}

/** The hold that lasts longest of those that count among the orders of one family. */
function holdIn(orders: readonly BookedOrder[], nowMs: number): Hold | undefined {
  return longest(orders.map((each) => standingHold(each, orders, nowMs)));
}

/** One hold, unless it lapsed or was lifted by an order about what it is about. */
function standingHold(hold: BookedOrder, family: readonly BookedOrder[], nowMs: number): Hold | undefined {
  if (hold.order.verb !== 'hold') return undefined;
  const all = withSevenDays(hold, family);
  const lifting = all.filter(({ order }) => order.verb === 'unhold');
  return orderStanding([hold, ...lifting], nowMs, all).hold;
}

/** Orders that share the seven days with a hold. One that nobody signed ends no other one: anybody who can write there could put it there. */
function withSevenDays(hold: BookedOrder, family: readonly BookedOrder[]): readonly BookedOrder[] {
  const isSigned = ({ officer, supervisor }: BookedOrder): boolean =>
    ![officer, supervisor].some((keyId) => keyId?.startsWith(WRONG) === true);
  return family.filter((other) => other === hold || (isSigned(other) && areOneRecording(other, hold)));
}

function areOneRecording(one: BookedOrder, other: BookedOrder): boolean {
  return areOne({ ...one.order, ...one.subject }, { ...other.order, ...other.subject });
}

/** One recording, or a recording and its sidecar: not two that one docking read at the same place, such as of a file that went on. */
function areOne(a: Named, b: Named): boolean {
  return a.recording === b.recording || a.isSidecar === true || b.isSidecar === true;
}

type Named = Pick<Subject, 'recording'> & Partial<Pick<Subject, 'isSidecar'>>;

function longest(holds: readonly (Hold | undefined)[]): Hold | undefined {
  const found = holds.filter((hold) => hold !== undefined);
  return found.toSorted((a, b) => (a.until ?? '9').localeCompare(b.until ?? '9')).at(-1);
}
