// A broker that is evil, on the wire of a simulation: it reads everything, and drops, alters, doubles, reorders, exchanges, replays and forges
// messages. It holds no key of station or store, but it knows all that ever passed it, and what it forges is as good as it can be made.
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { parseReceiverId, parseRecordingId, type SessionId } from '../../protocol/format/ids.ts';
import { MANIFEST_TRUSTED_COMMENT, parseManifest } from '../../protocol/documents/manifest.ts';
import {
  encodeMessage,
  encodeSignedBody,
  messageBytes,
  messageField,
  parseDown,
  parseOffer,
  type HaveMessage,
  type OfferMessage,
} from '../../protocol/transfer/messages.ts';
import { keyIdHex, makeSecretKey, signMessage } from '../../protocol/documents/minisign.ts';
import { encodeReceipt, RECEIPT_TRUSTED_COMMENT } from '../../protocol/documents/receipt.ts';
import type { Arrival, MemoryHub, Passage } from '../fakes/broker-memory.ts';
import { seededRandom, type SeededRandom } from '../fakes/random-seeded.ts';
import { signFast } from '../fakes/signer-fast.ts';
import { MarkScan } from './mark-scan.ts';
import type { Timeline } from './timeline.ts';

/** Its own client, whose messages pass as they are. */
export const EVIL = 'evil';
const KEY = makeSecretKey(seededRandom(66));
const RECEIVER = parseReceiverId('r-a');
/** Messages that it keeps for later: some are half a MiB. */
const KEPT_MAX = 48;
const LATE_MS = 8000;
/** Old ones come back within so long. */
const REPLAY_MS = 120_000;
/** True receipts that it keeps, by the topic that they came under. */
const RECEIPTS_MAX = 256;
/** Where a store says that it was restored, the receipts of before are said so long after it: some come before the new ones. */
const RECEIPTS_SAID_MS = [20, 40, 80, 160, 320, 1000, 10_000];

/** Parts in a thousand of all messages that each happens to. */
const ACTS = [
  ['drop', 60],
  ['alter', 50],
  ['double', 50],
  ['reorder', 60],
  ['exchange', 15],
  ['replay', 50],
  ['forge', 50],
] as const;
type DrawnAct = (typeof ACTS)[number][0];
/** Beside those that it draws, the one that it does whenever it can: it gives the receipt of what a store lost. */
type Act = DrawnAct | 'give-old-receipt';

interface Kept {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
}

export interface EvilParts {
  readonly hub: MemoryHub;
  readonly timeline: Timeline;
  readonly random: SeededRandom;
  readonly note: (what: string) => void;
  /** What no message may show. */
  readonly secrets: readonly Buffer[];
  /** It does nothing but give old receipts. */
  readonly onlyReceipts: boolean;
}

export class EvilBroker {
  /** Secrets that it read. */
  readonly problems: string[] = [];
  /** How often it did each. */
  readonly acts = new Map<Act, number>();
  readonly #parts: EvilParts;
  readonly #client: ReturnType<MemoryHub['client']>;
  readonly #kept: Kept[] = [];
  readonly #scan: MarkScan;
  readonly #receipts = new Map<string, Kept>();
  #isOver = false;

  constructor(parts: EvilParts) {
    this.#parts = parts;
    this.#scan = new MarkScan(parts.secrets);
    this.#client = parts.hub.client(EVIL);
    this.#client.start();
  }

  /** From now on it is an honest one; what it sent before may still be on its way. */
  end(): void {
    this.#isOver = true;
    void this.#client.close(true);
  }

  /** What becomes of a message that would have arrived like that. */
  fate(passage: Passage, honest: Arrival): Arrival[] {
    this.#read(passage);
    if (this.#isOver) return [honest];
    this.#heedReceipts(passage);
    const act = this.#parts.onlyReceipts ? undefined : this.#drawAct();
    this.#keep(passage);
    if (act === undefined) return [honest];
    this.acts.set(act, (this.acts.get(act) ?? 0) + 1);
    this.#parts.note(`evil: ${act} ${passage.topic}`);
    return this.#do(act, passage, honest);
  }

  #do(act: DrawnAct, passage: Passage, honest: Arrival): Arrival[] {
    const { random } = this.#parts;
    const late = (): number => (honest.delayMs ?? 0) + random.below(LATE_MS);
    switch (act) {
      case 'drop':
        return [];
      case 'alter':
        return [{ ...honest, payload: altered(passage.payload, random) }];
      case 'double':
        return [honest, { delayMs: late() }];
      case 'reorder':
        return [{ delayMs: late() }];
      case 'exchange':
        return [{ ...honest, payload: random.pick(this.#kept).payload }];
      case 'replay':
        this.#replay();
        break;
      case 'forge':
        for (const forged of this.#forged(passage)) this.#say(forged, random.below(2000));
    }
    return [honest];
  }

  #drawAct(): DrawnAct | undefined {
    let drawn = this.#parts.random.below(1000);
    for (const [act, share] of ACTS) {
      if (drawn < share) return act;
      drawn -= share;
    }
    return undefined;
  }

  #read({ topic, payload }: Passage): void {
    for (const bytes of [payload, Buffer.from(topic, 'latin1')])
      for (const secret of this.#scan.in(bytes))
        this.problems.push(`a message to ${topic} shows ${secret.toString('hex')}`);
  }

  #heedReceipts({ topic, payload, qos }: Passage): void {
    if (!topic.includes('/down/')) return;
    const said = nameOf(payload);
    if (said === 'receipt' && this.#receipts.size < RECEIPTS_MAX)
      this.#receipts.set(topic, { topic, payload, qos });
    if (!topic.endsWith('/down/restored')) return;
    for (const old of this.#receipts.values()) {
      this.acts.set('give-old-receipt', (this.acts.get('give-old-receipt') ?? 0) + 1);
      this.#parts.note(`evil: gives the old receipt of ${old.topic}`);
      for (const afterMs of RECEIPTS_SAID_MS) this.#say(old, afterMs);
    }
  }

  #keep({ topic, payload, qos }: Passage): void {
    const kept = { topic, payload, qos };
    const { random } = this.#parts;
    if (this.#kept.length < KEPT_MAX) this.#kept.push(kept);
    // Some are of the first hour to the end.
    else this.#kept[random.below(KEPT_MAX)] = kept;
  }

  /** An old message, where it was sent to, or under the topic of another one. */
  #replay(): void {
    const { random } = this.#parts;
    const old = random.pick(this.#kept);
    const topic = random.below(4) === 0 ? random.pick(this.#kept).topic : old.topic;
    this.#say({ ...old, topic }, random.below(REPLAY_MS));
  }

  #say({ topic, payload, qos }: Kept, afterMs: number): void {
    const { timeline, random } = this.#parts;
    const retain = random.below(20) === 0 && topic.includes('/down/');
    timeline.after(afterMs, () => {
      if (this.#isOver || !this.#client.connected) return;
      void this.#client.publish(topic, payload, { qos, retain }).catch(() => undefined);
    });
  }

  /** What a message gives it the knowledge for. */
  #forged({ topic, payload }: Passage): Kept[] {
    const control = (message: Uint8Array, to = topic): Kept => ({ topic: to, payload: message, qos: 1 });
    try {
      if (topic.includes('/up/offer/'))
        return this.#fromOffer(topic, parseOffer(payload)).map((each) => control(...each));
      if (!topic.includes('/down/')) return [];
      const message = parseDown(payload);
      return message.message === 'have' ? this.#haves(message).map((each) => control(each)) : [];
    } catch {
      return []; // it forged or altered this one itself
    }
  }

  /** Lies about what the receiver holds, in the true receiver's name: nothing signs a `have`. */
  #haves(have: HaveMessage): Uint8Array[] {
    const all: [number, number][] = [[0, 1 + this.#parts.random.below(100_000)]];
    const lies: Partial<HaveMessage>[] = [
      { received: all, durable: all, digests_bytes: 2 ** 40, bad: [], credit_bytes: 2 ** 50 },
      { received: [], durable: [], digests_bytes: 0 },
      { credit_bytes: 0 },
      { epoch: have.epoch + 1, received: all },
      { bad: Array.from({ length: 64 }, (_, at) => at) },
    ];
    return [encodeMessage({ ...have, ...this.#parts.random.pick(lies) })];
  }

  /** Receipt, claim, refusal and question with its own key, to the station; another manifest, to the store. */
  #fromOffer(topic: string, offer: OfferMessage): [payload: Uint8Array, topic: string][] {
    const recording = parseRecordingId(topic.split('/').at(-1) ?? '');
    const down = topic.replace('/up/offer/', '/down/');
    const up = topic.replace('/up/offer/', `/up/${RECEIVER}/`);
    const { random } = this.#parts;
    const bytes = messageBytes(offer.manifest);
    if (offer.kind !== 'recording') return [[this.#offer(offer, bytes), topic]];
    const manifest = parseManifest(bytes);
    const manifestSha256 = sha256Hex(bytes);
    const named = { station: manifest.station, recording, receiver: RECEIVER };
    const receipt = encodeReceipt({
      type: 'receipt',
      version: 1,
      kind: 'recording',
      ...named,
      manifest_sha256: manifestSha256,
      sealed_size_bytes: manifest.sealed.size_bytes,
      chunks_sha256: manifest.sealed.chunks_sha256,
      vault: 'abcdefghijklmnopqrstuvwxye' as SessionId,
      custody_head: null,
      received_at: manifest.sealed_at,
    });
    const session = offer.session;
    const bodies = [
      {
        message: 'claim',
        ...named,
        session,
        epoch: 2 ** 52,
        message_bytes_max: 65_536,
        lease_ms: 60_000,
        manifest_sha256: manifestSha256,
      },
      {
        message: 'refuse',
        ...named,
        session,
        verb: 'never',
        reason: 'evil',
        retry_after_ms: 0,
        manifest_sha256: manifestSha256,
      },
      { message: 'held', ...named, receipt_sha256: sha256Hex(receipt), restored_sha256: manifestSha256 },
    ] as const;
    const chosen = random.pick(bodies);
    const body = encodeSignedBody(chosen);
    const signed = encodeMessage({
      message: chosen.message,
      body,
      signature: signMessage(KEY, body),
      key_id: keyIdHex(KEY.keyId),
    });
    const receipted = encodeMessage({
      message: 'receipt',
      receiver: RECEIVER,
      receipt: messageField(receipt),
      signature: signFast(KEY, receipt, RECEIPT_TRUSTED_COMMENT),
    });
    return [
      [receipted, down],
      [signed, down],
      [this.#offer(offer, bytes), topic],
      [encodeMessage({ message: 'fin', epoch: 1 + random.below(5) }), `${up}/fin`],
      [random.bytes(4000), `${up}/${random.below(4) * 1000}`],
    ];
  }

  /** The same offer, signed by another, or with a manifest of its own making. */
  #offer(offer: OfferMessage, bytes: Uint8Array): Uint8Array {
    const { random } = this.#parts;
    const other = random.below(2) === 0 ? altered(bytes, random) : bytes;
    const signature =
      random.below(2) === 0 ? signFast(KEY, other, MANIFEST_TRUSTED_COMMENT) : offer.signature;
    return encodeMessage({ ...offer, manifest: messageField(other), signature });
  }
}

/** Name of a message below `down/`; undefined where it is none. */
function nameOf(payload: Uint8Array): string | undefined {
  try {
    return parseDown(payload).message;
  } catch {
    return undefined; // it altered or exchanged this one itself
  }
}

/** A bit turned, a tail cut off, or a digit exchanged. */
function altered(payload: Uint8Array, random: SeededRandom): Uint8Array {
  if (payload.length === 0) return random.bytes(20);
  const copy = payload.slice();
  const at = random.below(copy.length);
  const kind = random.below(3);
  if (kind === 0) return copy.subarray(0, at);
  if (kind === 1) copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
  else {
    const digit = copy.findIndex((byte, place) => place >= at && byte >= 0x30 && byte <= 0x39);
    if (digit >= 0) copy[digit] = 0x30 + random.below(10);
  }
  return copy;
}
