// Bugs in sealing, signing and chaining.
import type { PlantedBug } from './planted-bug.ts';

const SEALED = ['unit/protocol/age/sealed-file'];
const SIGNED = ['unit/protocol/documents/minisign'];

export const SEALING_BUGS: readonly PlantedBug[] = [
  {
    id: 'nonce-reused',
    what: 'every chunk of a file is sealed with the same nonce',
    file: 'protocol/age/sealed-file.ts',
    find: 'writeChunkNonce(this.#nonce, this.#chunk++, last);',
    put: 'writeChunkNonce(this.#nonce, this.#chunk, last);',
    suites: SEALED,
  },
  {
    id: 'no-last-chunk',
    what: 'the last chunk is not marked, so that a file that was cut off opens as whole',
    file: 'protocol/age/sealed-file.ts',
    find: '  nonce[11] = last ? 1 : 0;\n',
    put: '  nonce[11] = 0;\n',
    suites: SEALED,
  },
  {
    id: 'off-by-one-at-chunk',
    what: 'a file that ends with a full chunk gets an empty one behind it',
    file: 'protocol/age/sealed-file.ts',
    find: '    for (; plaintext.length - at > AGE_CHUNK_BYTES; at += AGE_CHUNK_BYTES)\n',
    put: '    for (; plaintext.length - at >= AGE_CHUNK_BYTES; at += AGE_CHUNK_BYTES)\n',
    suites: SEALED,
  },
  {
    id: 'chunk-counter-32-bit',
    what: 'the counter of chunks begins anew behind 2^32',
    file: 'protocol/age/sealed-file.ts',
    find: '  nonce.writeUIntBE(Math.floor(chunk / 2 ** 32), 1, 6);\n',
    put: '  nonce.writeUIntBE(0, 1, 6);\n',
    suites: SEALED,
  },
  {
    id: 'tag-not-compared',
    what: 'a unit that was sealed by this process is taken for whole, whatever the disk shows of it',
    file: 'agent/seal/unit-tags.ts',
    find: 'if (!equalBytes(slot.subarray(DIGEST_BYTES), this.#tagOf(sha256, unit))) return false;',
    put: 'if (this.#tagOf(sha256, unit).length !== TAG_BYTES) return false;',
    suites: ['unit/seal/unit-tags'],
  },
  {
    id: 'tag-decides',
    what: 'a unit whose tag was overwritten counts as damaged, and its recording goes to the quarantine',
    file: 'agent/seal/unit-tags.ts',
    find: '(tags?.confirm(place.sha256, unit) === true || equalBytes(sha256(unit), place.sha256))',
    put: '(tags?.confirm(place.sha256, unit) ?? equalBytes(sha256(unit), place.sha256))',
    suites: ['unit/seal/unit-tags'],
  },
  {
    id: 'payload-nonce-constant',
    what: 'the payload nonce of every file is the same',
    file: 'protocol/age/sealed-file.ts',
    find: '  const nonce = drawn.subarray(FILE_KEY_BYTES, FILE_KEY_BYTES + PAYLOAD_NONCE_BYTES);\n',
    put: '  const nonce = Buffer.alloc(PAYLOAD_NONCE_BYTES);\n',
    suites: ['unit/protocol/sealed-file-vectors'],
  },
  {
    id: 'comment-not-verified',
    what: 'the trusted comment of a signature can be changed',
    file: 'protocol/documents/minisign.ts',
    find: '    !isSignedBy(key.key, signed, parsed.commentSignature)\n',
    put: '    signed.length === 0\n',
    suites: SIGNED,
  },
  {
    id: 'any-comment',
    what: 'a signature over one kind of document counts for another kind',
    file: 'protocol/documents/minisign.ts',
    find: '  if (parsed.trustedComment !== trustedComment) {\n',
    put: '  if (parsed.trustedComment === undefined) {\n',
    suites: SIGNED,
  },
  {
    id: 'resumed-without-a-look',
    what: 'a pull goes on although the bytes before read differently the second time',
    file: 'agent/pull/pull.ts',
    find: '  if (filled === overlap && difference === undefined) return;\n',
    put: '  if (filled === overlap) return;\n',
    suites: ['unit/pull/pull'],
  },
  {
    id: 'short-read-is-whole',
    what: 'fewer bytes than were listed count as the whole file',
    file: 'agent/pull/pull.ts',
    find: '  if (taken === entry.sizeBytes) return;\n',
    put: '  if (taken <= entry.sizeBytes) return;\n',
    suites: ['unit/pull/pull'],
  },
];
