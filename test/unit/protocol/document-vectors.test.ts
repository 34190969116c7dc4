import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { encodeUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { encodeCanonical } from '../../../protocol/format/canonical.ts';
import {
  encodeCustodyEntry,
  encodeCustodyHead,
  parseCustodyEntry,
  parseCustodyHead,
} from '../../../protocol/custody/custody-entry.ts';
import { encodeDeletionRecord, parseDeletionRecord } from '../../../protocol/documents/deletion-record.ts';
import { encodeDockingRecord, parseDockingRecord } from '../../../protocol/documents/docking-record.ts';
import { isDockError } from '../../../protocol/format/errors.ts';
import { encodeEvaluation, parseEvaluation } from '../../../protocol/documents/evaluation.ts';
import {
  encodeKeyChange,
  encodeKeyRevocation,
  parseKeyChange,
  parseKeyRevocation,
} from '../../../protocol/documents/key-documents.ts';
import { encodeManifest, parseManifest } from '../../../protocol/documents/manifest.ts';
import {
  encodeMessage,
  encodeSignedBody,
  parseDown,
  parseSignedBody,
  type SignedMessage,
} from '../../../protocol/transfer/messages.ts';
import {
  encodeDisclosure,
  encodeOrder,
  parseDisclosure,
  parseOrder,
} from '../../../protocol/documents/order.ts';
import { encodeReceipt, parseReceipt } from '../../../protocol/documents/receipt.ts';
import { encodeRestored, parseRestored } from '../../../protocol/documents/restored.ts';

// Each vector names what it is, the bytes as text, and the kind of outcome. They never change: bytes of this kind lie in vaults.
interface Vector {
  readonly of: string;
  readonly expect: string;
  readonly why: string;
  readonly text: string;
  readonly sha256: string;
}

const folder = new URL('../../vectors/documents/', import.meta.url);
const vectors = readdirSync(folder)
  .sort()
  .map((name) => [name, JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Vector] as const);

const signed = (message: SignedMessage['message'], body: string): SignedMessage => ({
  message,
  body,
  signature: '',
  key_id: '0'.repeat(16),
});

/** Parses the bytes and gives back those that the value is encoded to. */
const again: Readonly<Record<string, (text: string) => Uint8Array>> = {
  manifest: (text) => encodeManifest(parseManifest(encodeUtf8(text))),
  receipt: (text) => encodeReceipt(parseReceipt(encodeUtf8(text))),
  order: (text) => encodeOrder(parseOrder(encodeUtf8(text))),
  evaluation: (text) => encodeEvaluation(parseEvaluation(encodeUtf8(text))),
  disclosure: (text) => encodeDisclosure(parseDisclosure(encodeUtf8(text))),
  'deletion-record': (text) => encodeDeletionRecord(parseDeletionRecord(encodeUtf8(text))),
  'docking-record': (text) => encodeDockingRecord(parseDockingRecord(encodeUtf8(text))),
  'key-change': (text) => encodeKeyChange(parseKeyChange(encodeUtf8(text))),
  'key-revocation': (text) => encodeKeyRevocation(parseKeyRevocation(encodeUtf8(text))),
  restored: (text) => encodeRestored(parseRestored(encodeUtf8(text))),
  'custody-entry': (text) => encodeCustodyEntry(parseCustodyEntry(encodeUtf8(text))),
  'custody-head': (text) => encodeCustodyHead(parseCustodyHead(encodeUtf8(text))),
  'claim-body': (text) => encodeUtf8(encodeSignedBody(parseSignedBody(signed('claim', text)))),
  'refuse-body': (text) => encodeUtf8(encodeSignedBody(parseSignedBody(signed('refuse', text)))),
  'custody-body': (text) => encodeUtf8(encodeSignedBody(parseSignedBody(signed('custody', text)))),
  'held-body': (text) => encodeUtf8(encodeSignedBody(parseSignedBody(signed('held', text)))),
  have: (text) => {
    const message = parseDown(encodeUtf8(text));
    return message.message === 'have' ? encodeMessage(message) : encodeCanonical(null);
  },
};

function outcome(vector: Vector): string {
  try {
    const bytes = again[vector.of]?.(vector.text) ?? encodeCanonical(null);
    return sha256Hex(bytes) === vector.sha256 ? 'accepted' : 'other bytes';
  } catch (error) {
    return isDockError(error) ? error.code : String(error);
  }
}

test.each(vectors)('%s', (_, vector) => {
  expect(sha256Hex(encodeUtf8(vector.text))).toBe(vector.sha256);
  expect(outcome(vector)).toBe(vector.expect);
});

test('every kind of document and signed message has a vector', () => {
  expect(new Set(vectors.map(([, vector]) => vector.of))).toEqual(new Set(Object.keys(again)));
});
