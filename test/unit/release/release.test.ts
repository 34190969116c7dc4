import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { mayErase, type ReleaseQuestion } from '../../../agent/release/release.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import {
  parseBayId,
  parseCameraId,
  parseReceiverId,
  parseRecordingId,
  parseStationId,
  type DockingId,
  type SessionId,
} from '../../../protocol/format/ids.ts';
import {
  encodeManifest,
  MANIFEST_TRUSTED_COMMENT,
  type Manifest,
} from '../../../protocol/documents/manifest.ts';
import { makeSecretKey, publicKeyOf, signDocument } from '../../../protocol/documents/minisign.ts';
import { encodeReceipt, RECEIPT_TRUSTED_COMMENT, type Receipt } from '../../../protocol/documents/receipt.ts';

const random = { bytes: (count: number) => randomBytes(count) };
const stationKey = makeSecretKey(random);
const storeKey = makeSecretKey(random);
const strangeKey = makeSecretKey(random);
const recipient = `age1${'q'.repeat(58)}`;
const escrow = `age1${'p'.repeat(58)}`;

const manifest: Manifest = {
  type: 'recording-manifest',
  version: 1,
  recording: parseRecordingId('abcdefghijklmnopqrstuvwxya'),
  station: parseStationId('kod-1'),
  bay: parseBayId('bay-1'),
  docking: 'abcdefghijklmnopqrstuvwxyi' as DockingId,
  camera: { id: parseCameraId('cam-1'), model: null, serial: null },
  role: 'media',
  locked: false,
  rejected: null,
  source: { path_sha256: sha256Hex(Buffer.from('DCIM/1.MP4')), sealed: 'AAAA' },
  original: { size_bytes: 1000, sha256: '1'.repeat(64), modified_at: null },
  capture: { earliest_at: null, latest_at: null, basis: 'clock-unmeasured' },
  sealed: { size_bytes: 1400, unit_bytes: 524288, chunks_sha256: '2'.repeat(64) },
  recipients: [recipient, escrow],
  media: null,
  sidecars: [],
  sidecar_of: null,
  supersedes: [],
  previous_manifest_sha256: null,
  sealed_at: '2026-11-25T09:30:00.000Z',
  clock_synchronised: null,
};

const receipt = (over: Partial<Receipt> = {}, of: Manifest = manifest): Receipt => ({
  type: 'receipt',
  version: 1,
  kind: 'recording',
  recording: of.recording,
  station: of.station,
  manifest_sha256: sha256Hex(encodeManifest(of)),
  sealed_size_bytes: of.sealed.size_bytes,
  chunks_sha256: of.sealed.chunks_sha256,
  receiver: parseReceiverId('r-store'),
  vault: 'abcdefghijklmnopqrstuvwxye' as SessionId,
  custody_head: null,
  received_at: '2026-11-25T09:31:00.000Z',
  ...over,
});

function signedManifest(of: Manifest = manifest, key = stationKey): ReleaseQuestion['manifest'] {
  const bytes = encodeManifest(of);
  return { bytes, signature: signDocument(key, bytes, MANIFEST_TRUSTED_COMMENT) };
}

function signedReceipt(
  of: Receipt = receipt(),
  key = storeKey,
  comment = RECEIPT_TRUSTED_COMMENT,
): ReleaseQuestion['receipt'] {
  const bytes = encodeReceipt(of);
  return { bytes, signature: signDocument(key, bytes, comment) };
}

const good: ReleaseQuestion = {
  policy: 'after-receipt',
  station: 'kod-1',
  manifest: signedManifest(),
  receipt: signedReceipt(),
  stationKeys: [publicKeyOf(stationKey)],
  storeKeys: [publicKeyOf(storeKey)],
  receivers: ['r-store', 'r-second'],
  vault: 'abcdefghijklmnopqrstuvwxye',
  provenRecipients: new Set([recipient, escrow]),
  entry: {
    cameraId: 'cam-1',
    pathSha256: manifest.source.path_sha256,
    sizeBytes: 1000,
    sha256: '1'.repeat(64),
    stampRead: 's',
    stampNow: 's',
  },
  storeBehind: false,
  logForked: false,
};

test('a file is released when every condition of the specification holds', () => {
  expect(mayErase(good)).toEqual({ allowed: true });
  const ofSecond = signedReceipt(receipt({ receiver: parseReceiverId('r-second') }));
  expect(mayErase({ ...good, receipt: ofSecond })).toEqual({ allowed: true });
});

describe('one condition that does not hold keeps the file', () => {
  const damaged: Manifest = {
    ...manifest,
    rejected: { reason: 'damaged', unreadable: [{ offset_bytes: 0, size_bytes: 1 }] },
  };
  const wrong: [string, string, Partial<ReleaseQuestion>][] = [
    ['the policy is never', 'policy-never', { policy: 'never' }],
    ['the store lost what it had', 'store-behind', { storeBehind: true }],
    ["the store's log is another one than it was", 'log-forked', { logForked: true }],
    [
      'the manifest is signed by a strange key',
      'manifest-invalid',
      { manifest: signedManifest(manifest, strangeKey) },
    ],
    [
      'the manifest was altered',
      'manifest-invalid',
      { manifest: { ...good.manifest, bytes: encodeManifest({ ...manifest, role: 'other' }) } },
    ],
    [
      'the receipt is signed by the station itself',
      'receipt-invalid',
      { receipt: signedReceipt(receipt(), stationKey) },
    ],
    [
      'the receipt is signed by a strange key',
      'receipt-invalid',
      { receipt: signedReceipt(receipt(), strangeKey) },
    ],
    [
      'the receipt is signed as another kind of document',
      'receipt-invalid',
      { receipt: signedReceipt(receipt(), storeKey, MANIFEST_TRUSTED_COMMENT) },
    ],
    [
      'the receipt was altered',
      'receipt-invalid',
      { receipt: { ...good.receipt, bytes: encodeReceipt(receipt({ sealed_size_bytes: 1401 })) } },
    ],
    ['the receipt is empty', 'receipt-invalid', { receipt: { bytes: new Uint8Array(0), signature: '' } }],
    [
      'the receipt is of another recording',
      'receipt-mismatch',
      { receipt: signedReceipt(receipt({ recording: parseRecordingId('abcdefghijklmnopqrstuvwxye') })) },
    ],
    [
      'the receipt is of another station',
      'receipt-mismatch',
      { receipt: signedReceipt(receipt({ station: parseStationId('kod-2') })) },
    ],
    [
      'the receipt names another manifest',
      'receipt-mismatch',
      { receipt: signedReceipt(receipt({ manifest_sha256: '3'.repeat(64) })) },
    ],
    [
      'the receipt names a shorter file',
      'receipt-mismatch',
      { receipt: signedReceipt(receipt({ sealed_size_bytes: 1399 })) },
    ],
    [
      'the receipt names another chunk list',
      'receipt-mismatch',
      { receipt: signedReceipt(receipt({ chunks_sha256: '4'.repeat(64) })) },
    ],
    [
      'the receipt is of a receiver that is not listed',
      'receipt-other-store',
      { receipt: signedReceipt(receipt({ receiver: parseReceiverId('r-test') })) },
    ],
    [
      'the receipt is of another vault than those before',
      'receipt-other-store',
      { receipt: signedReceipt(receipt({ vault: 'abcdefghijklmnopqrstuvwxyi' as SessionId })) },
    ],
    [
      'the recording is damaged',
      'damaged',
      { manifest: signedManifest(damaged), receipt: signedReceipt(receipt({}, damaged)) },
    ],
    ['the camera is another one', 'entry-mismatch', { entry: { ...good.entry, cameraId: 'cam-2' } }],
    ['the path is another one', 'entry-mismatch', { entry: { ...good.entry, pathSha256: '5'.repeat(64) } }],
    ['the file has another size now', 'entry-mismatch', { entry: { ...good.entry, sizeBytes: 1001 } }],
    [
      'the camera recorded a new file of the same name',
      'entry-mismatch',
      { entry: { ...good.entry, sha256: '6'.repeat(64) } },
    ],
    ['the file changed since it was read', 'entry-changed', { entry: { ...good.entry, stampNow: 't' } }],
    ['a recipient has not proven to open', 'recipient-unproven', { provenRecipients: new Set([recipient]) }],
    ['no store key is pinned', 'receipt-invalid', { storeKeys: [] }],
  ];
  test.each(wrong)('%s', (_, reason, over) => {
    expect(mayErase({ ...good, ...over })).toMatchObject({ allowed: false, reason });
  });

  test('any altered byte of the receipt or its signature', () => {
    for (let at = 0; at < good.receipt.bytes.length; at += 7) {
      const bytes = good.receipt.bytes.slice();
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      expect(mayErase({ ...good, receipt: { ...good.receipt, bytes } }).allowed).toBe(false);
    }
    const signed = good.receipt.signature.indexOf('\n') + 1; // the first line is not signed
    for (let at = signed; at < good.receipt.signature.length - 1; at += 3) {
      const flipped = good.receipt.signature[at] === 'A' ? 'B' : 'A';
      const signature = good.receipt.signature.slice(0, at) + flipped + good.receipt.signature.slice(at + 1);
      expect(mayErase({ ...good, receipt: { ...good.receipt, signature } }).allowed).toBe(false);
    }
  });
});
