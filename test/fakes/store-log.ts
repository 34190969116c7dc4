// A store's log for tests of a station: leaves in memory, checkpoints, proofs and signed answers with the store's key. It may be cut, written again
// and forked.
import { encodeCustodyEntry } from '../../protocol/custody/custody-entry.ts';
import { keyIdHex, publicKeyOf, type SecretKey } from '../../protocol/documents/minisign.ts';
import { parseReceipt } from '../../protocol/documents/receipt.ts';
import { encodeUtf8, sha256Hex } from '../../protocol/format/bytes.ts';
import { parseReceiverId, type ReceiverId, type StationId } from '../../protocol/format/ids.ts';
import {
  encodeMessage,
  encodeSignedBody,
  type LogBody,
  messageField,
  type ReceiptMessage,
} from '../../protocol/transfer/messages.ts';
import { formatCheckpoint, formatProof, originKey } from '../../protocol/transparency/checkpoint.ts';
import {
  CompactRange,
  consistencyProof,
  inclusionProof,
  leafHash,
  type ReadNode,
} from '../../protocol/transparency/merkle.ts';
import { formatNote, signatureLine } from '../../protocol/transparency/signed-note.ts';
import { fastMessageSigner } from './signer-fast.ts';

export class FakeStoreLog {
  readonly receiver: ReceiverId;
  origin: string;
  lines: Uint8Array[];
  readonly #key: SecretKey;
  readonly #signer: ReturnType<typeof fastMessageSigner>;

  constructor(key: SecretKey, origin: string, lines: readonly Uint8Array[] = []) {
    this.#key = key;
    this.#signer = fastMessageSigner(key);
    this.origin = origin;
    this.receiver = parseReceiverId(origin.split('/')[2] ?? '');
    this.lines = [...lines];
  }

  /** Another log that begins with so many lines of this one. */
  fork(size: number, origin = this.origin): FakeStoreLog {
    return new FakeStoreLog(this.#key, origin, this.lines.slice(0, size));
  }

  get size(): number {
    return this.lines.length;
  }

  /** Lines that nobody asks about. */
  grow(count: number, text = 'line'): this {
    for (let at = 0; at < count; at++) this.lines.push(encodeUtf8(`${text} ${this.lines.length}`));
    return this;
  }

  async note(size = this.size): Promise<string> {
    const tree = new CompactRange();
    for (const line of this.lines.slice(0, size)) tree.append(leafHash(line));
    const text = formatCheckpoint({ origin: this.origin, size, root: tree.root() });
    const signature = await this.#signer.signNote(text);
    return formatNote(text, [signatureLine(originKey(this.origin, publicKeyOf(this.#key).key), signature)]);
  }

  /** Enters the receipt; with its proof, made from that size of the log. */
  async prove(
    receipt: Uint8Array,
    from = 0,
    change: Readonly<Record<string, string>> = {},
  ): Promise<NonNullable<ReceiptMessage['log']>> {
    const { kind, station, recording } = parseReceipt(receipt);
    const facts = { kind, station, recording, receipt_sha256: sha256Hex(receipt), ...change };
    const line = encodeCustodyEntry({
      sequence: this.size + 1,
      previous: '0'.repeat(64),
      at: '2026-12-01T12:00:00.000Z',
      boot: null,
      monotonic_ms: 1,
      event: 'receipt',
      facts,
    });
    this.lines.push(line);
    return this.proofOf(this.size - 1, from);
  }

  /** Of the line at an index, at the present size. */
  async proofOf(index: number, from = 0): Promise<NonNullable<ReceiptMessage['log']>> {
    const hashes = await inclusionProof(index, this.size, this.#read);
    const proof = formatProof({ index, hashes, checkpoint: await this.note() });
    const entry = new TextDecoder().decode(this.lines[index]);
    return { entry, proof, consistency: await this.consistency(from) };
  }

  async consistency(from: number): Promise<string[]> {
    if (from === 0 || from >= this.size) return [];
    return (await consistencyProof(from, this.size, this.#read)).map(messageField);
  }

  /** Signed answer to a question. */
  async answer(
    station: StationId,
    question: { readonly size: number; readonly nonce: string; readonly origin: string },
    change: Partial<LogBody> = {},
  ): Promise<Uint8Array> {
    const body = encodeSignedBody({
      message: 'log',
      station,
      recording: null,
      receiver: this.receiver,
      nonce: question.nonce,
      origin: question.origin,
      size: question.size,
      checkpoint: this.size === 0 ? null : await this.note(),
      consistency: await this.consistency(question.size),
      ...change,
    });
    const signature = await this.#signer.signMessage(body);
    return encodeMessage({ message: 'log', body, signature, key_id: keyIdHex(this.#key.keyId) });
  }

  readonly #read: ReadNode = async (height, index) => {
    const tree = new CompactRange();
    for (const line of this.lines.slice(index * 2 ** height, (index + 1) * 2 ** height))
      tree.append(leafHash(line));
    return tree.root();
  };
}
