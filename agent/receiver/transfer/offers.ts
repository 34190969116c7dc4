// Offers, and how they wait. Whether one is what it says: parsed, signed by a key of that station, about that station and that recording. No I/O.
import { type ItemContent, itemDocument, type ItemKind } from '../../../protocol/documents/item-documents.ts';
import { keyIdHex, type PublicKey, verifyDocument } from '../../../protocol/documents/minisign.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { describeError, DockError } from '../../../protocol/format/errors.ts';
import type { SessionId } from '../../../protocol/format/ids.ts';
import { MANIFEST_BYTES_MAX } from '../../../protocol/format/limits.ts';
import { type LogSize, messageBytes, parseOffer } from '../../../protocol/transfer/messages.ts';
import type { RecordingName, SignedDocument } from '../vault/vault.ts';
import { keyOf } from './sending.ts';

/** Who is answered, and about what. */
export interface OfferAddress extends RecordingName {
  readonly session: SessionId;
  readonly manifestSha256: string;
}

/** What is kept of an offer while its recording is received: the document itself may have 256 KiB. A docking record has no payload. */
export interface OfferSubject extends OfferAddress {
  readonly kind: ItemKind;
  readonly sealedSizeBytes: number;
  readonly chunksSha256: string;
  /** Digest of the policy that the document names; undefined: none. */
  readonly policySha256: string | undefined;
}

/** An offer that verified. */
export interface CheckedOffer {
  readonly subject: OfferSubject;
  readonly document: SignedDocument;
  /** Id of the key that signed it, in 16 hex digits. */
  readonly keyId: string;
  /** Newest checkpoint of the store's log that the station has; nobody signed this. */
  readonly log: LogSize | undefined;
  /** That key is revoked: only what has its receipt already is answered with it. */
  readonly revoked: boolean;
}

/** Why an offer is refused, as a stable word and in detail. */
export interface OfferRefusal {
  readonly reason: 'unknown-station' | 'manifest-signature' | 'manifest-refused' | 'manifest-mismatch';
  readonly detail: string;
  readonly address: OfferAddress;
}

/** Keys of one station. */
export interface OfferKeys {
  readonly pinned: readonly PublicKey[];
  /** Ids in 16 hex digits. */
  readonly revoked: ReadonlySet<string>;
}

export type OfferVerdict =
  | { readonly kind: 'good'; readonly offer: CheckedOffer }
  | { readonly kind: 'refused'; readonly refusal: OfferRefusal };

/** True where the document is one of that kind that one of the keys signed. Never throws. */
export function isSignedOffer(
  kind: OfferSubject['kind'],
  document: SignedDocument,
  keys: readonly PublicKey[],
): boolean {
  try {
    verifyDocument(document.bytes, document.signature, itemDocument(kind).trustedComment, keys);
    return true;
  } catch {
    return false;
  }
}

/**
 * Checks the offer that came for a recording.
 * Shape: `keys` are those of the station in the topic; undefined where it is not known. A revoked key is no refusal yet: what was
 * receipted before stays good (SPEC 4.9).
 * Errors: "message.refused" for what is no offer at all; there is nobody to answer then.
 */
export function checkOffer(
  name: RecordingName,
  payload: Uint8Array,
  keys: OfferKeys | undefined,
): OfferVerdict {
  const message = parseOffer(payload);
  const bytes = messageBytes(message.manifest);
  const document = { bytes, signature: message.signature };
  const address = { ...name, session: message.session, manifestSha256: sha256Hex(bytes) };
  const refuse = (reason: OfferRefusal['reason'], detail: string): OfferVerdict => ({
    kind: 'refused',
    refusal: { reason, detail, address },
  });
  if (keys === undefined) return refuse('unknown-station', `station ${name.station} is not in the file`);
  if (bytes.length > MANIFEST_BYTES_MAX) return refuse('manifest-refused', `${bytes.length} bytes`);
  try {
    const { kind } = message;
    const key = verifyDocument(bytes, document.signature, itemDocument(kind).trustedComment, keys.pinned);
    const content = itemDocument(kind).content(bytes);
    const mismatch = mismatchOf(content, name);
    if (mismatch !== undefined) return refuse('manifest-mismatch', mismatch);
    const { sealedSizeBytes, chunksSha256, policySha256 } = content;
    const keyId = keyIdHex(key.keyId);
    const subject = { ...address, kind, sealedSizeBytes, chunksSha256, policySha256 };
    return {
      kind: 'good',
      offer: { subject, document, keyId, log: message.log, revoked: keys.revoked.has(keyId) },
    };
  } catch (error) {
    if (!(error instanceof DockError)) throw error;
    const reason = error.code.startsWith('signature.') ? 'manifest-signature' : 'manifest-refused';
    return refuse(reason, describeError(error));
  }
}

function mismatchOf(content: ItemContent, name: RecordingName): string | undefined {
  if (content.station !== name.station) return `the document names station ${content.station}`;
  return content.recording === name.recording ? undefined : `the document names ${content.recording}`;
}

// Offers that wait for their answer: by station, each station in its turn. Pure bookkeeping.
//
// Invariants:
// 1. What waits takes no more than the bytes that it was made for, whoever sends it: room is made where most waits, newest first, so that a station
//    which offers without end takes it from itself.
// 2. A station's turn comes again after each other station had one, as far as those have something that may be answered.
// 3. One offer of a recording waits, the newest: its station repeats it, and has repeated one that is older than that wait long since.

/** A station's word about a recording; without a payload it says that it sent everything. */
export interface WaitingOffer {
  readonly name: RecordingName;
  readonly payload: Uint8Array | undefined;
  /** Monotonic ms. */
  readonly cameAtMs: number;
}

/** What waits in one line, in the order in which it came. */
interface Line {
  readonly offers: Map<string, WaitingOffer>;
  bytes: number;
}

interface OfferQueueBounds {
  readonly bytesMax: number;
  readonly waitMsMax: number;
}

/** What an entry takes beside its payload: names, objects and their places in maps. */
const ENTRY_BYTES = 1024;

/** Lines by name, in the order of their turns. */
export class OfferQueue {
  readonly #bounds: OfferQueueBounds;
  readonly #lines = new Map<string, Line>();
  #bytes = 0;

  constructor(bounds: OfferQueueBounds) {
    this.#bounds = bounds;
  }

  /** At the end of that line, or in the place of what waits there for the same recording. */
  put(lineName: string, offer: WaitingOffer): void {
    const line = this.#lines.get(lineName) ?? { offers: new Map<string, WaitingOffer>(), bytes: 0 };
    this.#lines.set(lineName, line);
    const key = keyOf(offer.name);
    const before = line.offers.get(key);
    line.offers.set(key, offer);
    this.#count(line, bytesOf(offer) - (before === undefined ? 0 : bytesOf(before)));
    while (this.#bytes > this.#bounds.bytesMax) {
      const longest = this.#longest(line);
      const newest = longest === line ? offer : [...longest.offers.values()].at(-1);
      this.#remove(longest, newest ?? offer);
      if (longest === line) return;
    }
  }

  /** The first of the next line whose turn it is and whose first may be answered; undefined where there is none. */
  take(nowMs: number, mayAnswer: (offer: WaitingOffer) => boolean): WaitingOffer | undefined {
    for (const [lineName, line] of this.#lines) {
      const first = this.#first(line, nowMs);
      if (first === undefined) this.#lines.delete(lineName);
      if (first === undefined || !mayAnswer(first)) continue;
      this.#remove(line, first);
      this.#lines.delete(lineName);
      if (line.offers.size > 0) this.#lines.set(lineName, line);
      return first;
    }
    return undefined;
  }

  clear(): void {
    this.#lines.clear();
    this.#bytes = 0;
  }

  #first(line: Line, nowMs: number): WaitingOffer | undefined {
    for (const offer of line.offers.values()) {
      if (nowMs - offer.cameAtMs <= this.#bounds.waitMsMax) return offer;
      this.#remove(line, offer);
    }
    return undefined;
  }

  /** That line where others are as long. */
  #longest(line: Line): Line {
    let longest = line;
    for (const each of this.#lines.values()) if (each.bytes > longest.bytes) longest = each;
    return longest;
  }

  #remove(line: Line, offer: WaitingOffer): void {
    line.offers.delete(keyOf(offer.name));
    this.#count(line, -bytesOf(offer));
  }

  #count(line: Line, bytes: number): void {
    line.bytes += bytes;
    this.#bytes += bytes;
  }
}

function bytesOf({ payload }: WaitingOffer): number {
  return ENTRY_BYTES + (payload?.length ?? 0);
}
