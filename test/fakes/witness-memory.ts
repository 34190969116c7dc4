// A witness of C2SP tlog-witness in memory: what it does with add-checkpoint, without HTTP.
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { Post, PostAnswer } from '../../agent/platform/http-post.ts';
import { keyIdHex, type PublicKey } from '../../protocol/documents/minisign.ts';
import { DockError } from '../../protocol/format/errors.ts';
import { originKey, verifyCheckpoint } from '../../protocol/transparency/checkpoint.ts';
import { EMPTY_ROOT, isConsistent } from '../../protocol/transparency/merkle.ts';
import {
  cosignatureLine,
  cosignedBytes,
  NOTE_COSIGNATURE,
  type NoteKey,
  parseNote,
} from '../../protocol/transparency/signed-note.ts';

interface Seen {
  readonly log: NoteKey;
  readonly size: number;
  readonly root: Uint8Array;
}

export class MemoryWitness {
  readonly url = 'http://witness.test';
  readonly key: NoteKey;
  /** Requests that it answered, by the status. */
  readonly answered: number[] = [];
  isThere = true;
  readonly #secret: KeyObject;
  readonly #nowMs: () => number;
  readonly #logs = new Map<string, Seen>();

  constructor(nowMs: () => number = Date.now) {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const der = publicKey.export({ format: 'der', type: 'spki' });
    this.key = { name: 'witness.test', type: NOTE_COSIGNATURE, key: new Uint8Array(der.subarray(-32)) };
    this.#secret = privateKey;
    this.#nowMs = nowMs;
  }

  originOf({ keyId }: PublicKey): string {
    return `log.test/${keyIdHex(keyId)}`;
  }

  knows(key: PublicKey): Promise<void> {
    this.serves(originKey(this.originOf(key), key.key));
    return Promise.resolve();
  }

  /** A log of any origin. */
  serves(log: NoteKey): void {
    this.#logs.set(log.name, { log, size: 0, root: EMPTY_ROOT });
  }

  readonly post: Post = ({ url, body }) => {
    if (!this.isThere || url !== `${this.url}/add-checkpoint`)
      return Promise.reject(new DockError('http.failed', 'nobody is there', { retry: 'later' }));
    const answer = this.#answer(Buffer.from(body).toString());
    this.answered.push(answer.status);
    return Promise.resolve(answer);
  };

  #answer(request: string): PostAnswer {
    const end = request.indexOf('\n\n');
    const [old = '', ...hashes] = request.slice(0, end).split('\n');
    const note = request.slice(end + 2);
    const { text } = parseNote(note);
    const seen = this.#logs.get(text.split('\n')[0] ?? '');
    if (seen === undefined) return say(404);
    const { size, root } = verifyCheckpoint(note, seen.log.name, [seen.log.key]);
    const from = Number(/^old (\d+)$/.exec(old)?.[1]);
    if (from > size) return say(400);
    if (from !== seen.size) return say(409, `${seen.size}\n`);
    if (from === size && !Buffer.from(root).equals(seen.root)) return say(409, 'other lines\n');
    const proof = hashes.map((hash) => new Uint8Array(Buffer.from(hash, 'base64')));
    if (!isConsistent({ from, fromRoot: seen.root, size, root, proof })) return say(422);
    this.#logs.set(seen.log.name, { log: seen.log, size, root });
    const time = Math.floor(this.#nowMs() / 1000);
    const signature = sign(null, cosignedBytes(text, time), this.#secret);
    return say(200, cosignatureLine(this.key, time, new Uint8Array(signature)));
  }
}

function say(status: number, text = ''): PostAnswer {
  return { status, body: Buffer.from(text) };
}
