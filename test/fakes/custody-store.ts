// The store's side of the custody conversation, for tests of a station: it holds entries by number, believes what comes, signs its answers.
import { createHash } from 'node:crypto';
import {
  parseReceiverId,
  parseSegmentId,
  type SegmentId,
  type StationId,
} from '../../protocol/format/ids.ts';
import { encodeMessage, encodeSignedBody, type CustodyBody } from '../../protocol/transfer/messages.ts';
import { keyIdHex, makeSecretKey, publicKeyOf, type PublicKey } from '../../protocol/documents/minisign.ts';
import { fastMessageSigner } from './signer-fast.ts';
import { seededRandom } from './random-seeded.ts';

const RECEIVER = parseReceiverId('r-a');

/** Digest of an entry that a test only numbers. */
export function entryDigest(segment: string, sequence: number): string {
  return createHash('sha256').update(`${segment} ${sequence}`).digest('hex');
}

/** A store that can be asked and that can lose things. */
export class CustodyStore {
  readonly receivers = [RECEIVER];
  readonly storeKeys: readonly PublicKey[];
  /** Entries held of each segment. */
  readonly held = new Map<SegmentId, number>();
  /** The segment that was begun last here. */
  newest: SegmentId | undefined;
  /** Segments that were asked about, and those of which entries came. */
  readonly asked: SegmentId[] = [];
  readonly sent: SegmentId[] = [];
  readonly #station: StationId;
  readonly #key = makeSecretKey(seededRandom(5));
  readonly #signer = fastMessageSigner(this.#key);

  constructor(station: StationId) {
    this.#station = station;
    this.storeKeys = [publicKeyOf(this.#key)];
  }

  /** Whether it repeats the nonce of a question, as stores of 0.1.0 do not. */
  repeatsNonce = true;

  /** What a message below `up/custody/<segment>/<from>` makes it answer, in order. `last` is the number of the last line. */
  async take(topic: string, payload: Uint8Array, last: number): Promise<Uint8Array[]> {
    const [name = '', from = ''] = topic.split('/').slice(-2);
    const segment = parseSegmentId(name);
    const held = this.held.get(segment) ?? 0;
    if (payload.length === 0) {
      this.asked.push(segment);
      const answers = held === 0 && this.newest !== undefined ? [await this.answer(this.newest)] : [];
      const nonce = from.startsWith('ask-') && this.repeatsNonce ? { nonce: from.slice(4) } : {};
      return [...answers, await this.answer(segment, nonce)];
    }
    this.sent.push(segment);
    if (Number(from) !== held + 1) return [await this.answer(segment)];
    if (held === 0) this.newest = segment;
    this.held.set(segment, last);
    return [await this.answer(segment)];
  }

  /** The signed head of a segment; of another history where told so. */
  async answer(segment: SegmentId, change: Partial<CustodyBody> = {}): Promise<Uint8Array> {
    const held = this.held.get(segment) ?? 0;
    const body = encodeSignedBody({
      message: 'custody',
      station: this.#station,
      recording: null,
      receiver: RECEIVER,
      segment,
      sequence: held === 0 ? null : held,
      sha256: held === 0 ? null : entryDigest(segment, held),
      ...change,
    });
    const signature = await this.#signer.signMessage(body);
    return encodeMessage({ message: 'custody', body, signature, key_id: keyIdHex(this.#key.keyId) });
  }
}
