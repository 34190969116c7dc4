// What somebody can do to signed documents with keys of his own, or with the station's: each is found, with the right reason and no other.
import { writeFile, readFile, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RemarkCode } from '../../../../agent/evidence/verify/remark.ts';
import { makeIdentity } from '../../../../protocol/age/age-keys.ts';
import { encodeBase64, sha256Hex } from '../../../../protocol/format/bytes.ts';
import { encodeCanonical } from '../../../../protocol/format/canonical.ts';
import type { DockingId, RecordingId, SessionId } from '../../../../protocol/format/ids.ts';
import { parseCameraId, parseStationId } from '../../../../protocol/format/ids.ts';
import {
  parseManifest,
  MANIFEST_TRUSTED_COMMENT,
  type Manifest,
} from '../../../../protocol/documents/manifest.ts';
import {
  encodePublicKey,
  makeSecretKey,
  publicKeyOf,
  signDocument,
} from '../../../../protocol/documents/minisign.ts';
import { RECEIPT_TRUSTED_COMMENT } from '../../../../protocol/documents/receipt.ts';
import { sealSmall } from '../../../../protocol/age/sealed-file.ts';
import type { VaultBuilder } from '../../../fakes/vault-builder.ts';
import {
  BrokenVault,
  change,
  FIRST,
  goodVault,
  MIDDLE,
  NEWEST,
  OTHER,
  verdictOf,
  type Manipulation,
} from './broken-vault.ts';

const random = { bytes: (count: number) => randomBytes(count) };
const stranger = makeSecretKey(random);
/** The digest of something that nobody has. */
const NOWHERE = '5'.repeat(64);
/** What contradicts a manifest that was signed again with the station's own key. */
const SIGNED_ANEW: readonly RemarkCode[] = ['custody.other-manifest', 'receipt.wrong-manifest'];

let good: VaultBuilder;
beforeAll(async () => {
  good = await goodVault('small');
});
afterAll(() => rm(good.root, { recursive: true, force: true }));

/** Exchanges a part of two manifests and signs both with a key that is not the station's. */
function exchangedParts(part: (manifest: Manifest) => Partial<Manifest>): Manipulation['act'] {
  return async (vault) => {
    const read = async (at: number): Promise<Manifest> =>
      parseManifest(await readFile(vault.file(at, 'manifest.json')));
    const [a, b] = [await read(NEWEST), await read(OTHER)];
    await vault.resign(NEWEST, (manifest) => ({ ...manifest, ...part(b) }), stranger);
    await vault.resign(OTHER, (manifest) => ({ ...manifest, ...part(a) }), stranger);
  };
}
/** OTHER has a follower, whose predecessor is then missing. */
const BY_STRANGER: readonly RemarkCode[] = ['chain.gap', 'manifest.signature-unknown-key', ...SIGNED_ANEW];

const foreign: Manipulation[] = [
  {
    name: 'names of two recordings exchanged and signed with another key',
    act: exchangedParts(({ source }) => ({ source })),
    finds: BY_STRANGER,
  },
  {
    name: 'dates of two recordings exchanged and signed with another key',
    act: exchangedParts(({ capture, sealed_at }) => ({ capture, sealed_at })),
    finds: BY_STRANGER,
  },
  {
    name: 'cameras of two recordings exchanged and signed with another key',
    act: exchangedParts(({ camera }) => ({ camera })),
    finds: BY_STRANGER,
  },
  {
    name: 'a manifest signed with another key that claims the id of the station’s',
    act: (vault) =>
      vault.resign(NEWEST, (manifest) => ({ ...manifest, locked: true }), {
        ...stranger,
        keyId: good.stationKey.keyId,
      }),
    finds: ['manifest.signature-wrong', ...SIGNED_ANEW],
  },
  {
    name: 'a manifest signed with the key of the store',
    act: (vault) => vault.resign(NEWEST, (manifest) => manifest, good.storeKey),
    finds: ['manifest.signature-unknown-key'],
  },
  {
    name: 'a receipt signed with the key of the station',
    act: (vault) => vault.reissue(NEWEST, (receipt) => receipt, good.stationKey),
    finds: ['receipt.signature-unknown-key'],
  },
  {
    name: 'a receipt signed with another key',
    act: (vault) => vault.reissue(NEWEST, (receipt) => receipt, stranger),
    finds: ['receipt.signature-unknown-key'],
  },
  {
    name: 'a manifest signed as a receipt',
    act: (vault) => vault.resign(NEWEST, (manifest) => manifest, good.stationKey, RECEIPT_TRUSTED_COMMENT),
    finds: ['manifest.signature-comment'],
  },
  {
    name: 'a receipt signed as a manifest',
    act: (vault) => vault.reissue(NEWEST, (receipt) => receipt, good.storeKey, MANIFEST_TRUSTED_COMMENT),
    finds: ['receipt.signature-comment'],
  },
  {
    name: 'a manifest signed with another trusted comment',
    act: (vault) =>
      vault.resign(
        NEWEST,
        (manifest) => manifest,
        good.stationKey,
        'timestamp:1764061200\tfile:manifest.json',
      ),
    finds: ['manifest.signature-comment'],
  },
  {
    name: 'a signature of the legacy kind',
    act: (vault) =>
      change(vault.file(NEWEST, 'manifest.json.minisig'), (bytes) => {
        const [comment, line = '', ...rest] = bytes.toString('utf8').split('\n');
        const raw = Buffer.from(line, 'base64');
        raw.write('Ed', 0, 'latin1');
        return [comment, raw.toString('base64'), ...rest].join('\n');
      }),
    finds: ['manifest.signature-malformed'],
  },
  {
    name: 'the signature of another manifest',
    act: async (vault) =>
      writeFile(
        vault.file(NEWEST, 'manifest.json.minisig'),
        await readFile(vault.file(MIDDLE, 'manifest.json.minisig')),
      ),
    finds: ['manifest.signature-wrong'],
  },
];

const receipts: Manipulation[] = [
  {
    name: 'a receipt of an older manifest',
    act: (vault) => vault.reissue(NEWEST, (receipt) => ({ ...receipt, manifest_sha256: NOWHERE })),
    finds: ['custody.other-receipt', 'receipt.wrong-manifest'],
  },
  {
    name: 'a receipt of another recording',
    act: (vault) => vault.reissue(NEWEST, (receipt) => ({ ...receipt, recording: vault.built(OTHER).id })),
    finds: ['custody.other-receipt', 'receipt.wrong-recording'],
  },
  {
    name: 'a receipt of another station',
    act: (vault) => vault.reissue(NEWEST, (receipt) => ({ ...receipt, station: parseStationId('dock-9') })),
    finds: ['custody.other-receipt', 'receipt.wrong-station'],
  },
  {
    name: 'a receipt of a shorter sealed file',
    act: (vault) =>
      vault.reissue(NEWEST, (receipt) => ({ ...receipt, sealed_size_bytes: receipt.sealed_size_bytes - 1 })),
    finds: ['custody.other-receipt', 'receipt.wrong-size'],
  },
  {
    name: 'a receipt of other content',
    act: (vault) => vault.reissue(NEWEST, (receipt) => ({ ...receipt, chunks_sha256: NOWHERE })),
    finds: ['custody.other-receipt', 'receipt.wrong-chunks'],
  },
  {
    name: 'a receipt of another vault',
    act: (vault) =>
      vault.reissue(NEWEST, (receipt) => ({ ...receipt, vault: 'abcdefghijklmnopqrstuvwxya' as SessionId })),
    finds: ['custody.other-receipt', 'receipt.wrong-vault'],
  },
  {
    name: 'a receipt that names a custody segment which was never held',
    act: (vault) =>
      vault.reissue(NEWEST, (receipt) => ({
        ...receipt,
        custody_head: receipt.custody_head && {
          ...receipt.custody_head,
          segment: 'abcdefghijklmnopqrstuvwxya' as never,
        },
      })),
    finds: ['custody.other-receipt', 'receipt.custody-segment-missing'],
  },
  {
    name: 'a receipt that names another entry of the custody log',
    act: (vault) =>
      vault.reissue(NEWEST, (receipt) => ({
        ...receipt,
        custody_head: receipt.custody_head && { ...receipt.custody_head, sha256: NOWHERE },
      })),
    finds: ['custody.other-receipt', 'receipt.custody-head-differs'],
  },
  {
    name: 'a receipt of version 2',
    act: (vault) => writeSigned(vault, 'receipt.json', (document) => ({ ...document, version: 2 })),
    finds: ['custody.other-receipt', 'receipt.version'],
  },
  {
    name: 'a receipt with a field that nobody knows',
    act: (vault) => writeSigned(vault, 'receipt.json', (document) => ({ ...document, remark: 'paid' })),
    finds: ['custody.other-receipt', 'receipt.refused'],
  },
];

/** Writes any value as a document of NEWEST, signed by anybody who signs such documents. */
async function writeSigned(
  vault: BrokenVault,
  file: 'manifest.json' | 'receipt.json',
  edit: (document: Record<string, unknown>) => unknown,
): Promise<void> {
  const path = vault.file(NEWEST, file);
  const bytes = encodeCanonical(edit(JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>));
  const [key, comment] =
    file === 'manifest.json'
      ? [good.stationKey, MANIFEST_TRUSTED_COMMENT]
      : [good.storeKey, RECEIPT_TRUSTED_COMMENT];
  await writeFile(path, bytes);
  await writeFile(`${path}.minisig`, signDocument(key, bytes, comment));
}

function resigned(
  name: string,
  edit: (manifest: Manifest) => Manifest,
  ...finds: RemarkCode[]
): Manipulation {
  return { name, act: (vault) => vault.resign(NEWEST, edit), finds: [...SIGNED_ANEW, ...finds] };
}

function source(value: unknown): (manifest: Manifest) => Manifest {
  return (manifest) => ({
    ...manifest,
    source: {
      ...manifest.source,
      sealed: encodeBase64(sealSmall(encodeCanonical(value), manifest.recipients, random)),
    },
  });
}

const SOURCE_PATH = { path: encodeBase64(Buffer.from('DCIM/X.MP4')), vendor: {} };

/** The station's own key was stolen: only what other documents say can contradict it. */
const stolen: Manipulation[] = [
  resigned(
    'another camera',
    (manifest) => ({ ...manifest, camera: { ...manifest.camera, id: parseCameraId('cam-3') } }),
    'chain.other-chain',
    'docking.recording-differs',
  ),
  resigned(
    'another docking',
    (manifest) => ({ ...manifest, docking: 'abcdefghijklmnopqrstuvwxya' as DockingId }),
    'custody.other-original',
    'docking.recording-differs',
  ),
  resigned(
    'another recording’s id',
    (manifest) => ({ ...manifest, recording: 'abcdefghijklmnopqrstuvwxya' as RecordingId }),
    'manifest.other-recording',
    'receipt.wrong-recording',
  ),
  resigned(
    'another station',
    (manifest) => ({ ...manifest, station: parseStationId('dock-9') }),
    'manifest.other-station',
    'receipt.wrong-station',
  ),
  resigned(
    'another digest of the original',
    (manifest) => ({ ...manifest, original: { ...manifest.original, sha256: NOWHERE } }),
    'custody.other-original',
    'payload.original-digest',
  ),
  resigned(
    'another digest of the digest list',
    (manifest) => ({ ...manifest, sealed: { ...manifest.sealed, chunks_sha256: NOWHERE } }),
    'custody.other-sealed',
    'chunks.digest',
    'receipt.wrong-chunks',
  ),
  resigned(
    'another size of the original',
    (manifest) => ({ ...manifest, original: { ...manifest.original, size_bytes: 1999 } }),
    'custody.other-original',
    'manifest.rule',
    'payload.original-size',
    'docking.recording-differs',
  ),
  resigned(
    'a recipient less',
    (manifest) => ({ ...manifest, recipients: manifest.recipients.slice(0, 1) }),
    'manifest.rule',
    'payload.header',
  ),
  resigned(
    'sidecars out of order',
    (manifest) => ({ ...manifest, sidecars: ['2'.repeat(64), '1'.repeat(64)] }),
    'manifest.rule',
  ),
  resigned(
    'unreadable ranges of a recording that is not damaged',
    (manifest) => ({
      ...manifest,
      rejected: { reason: 'odd-name', unreadable: [{ offset_bytes: 0, size_bytes: 1 }] },
    }),
    'manifest.rule',
    'docking.recording-differs',
  ),
  resigned(
    'a capture that ends before it begins',
    (manifest) => ({ ...manifest, capture: { ...manifest.capture, latest_at: '2020-01-01T00:00:00.000Z' } }),
    'manifest.rule',
  ),
  resigned(
    'a capture by a measured clock without its ends',
    (manifest) => ({
      ...manifest,
      capture: { basis: 'clock-measured', earliest_at: null, latest_at: null },
    }),
    'manifest.rule',
  ),
  resigned(
    'a path digest of another name',
    (manifest) => ({ ...manifest, source: { ...manifest.source, path_sha256: NOWHERE } }),
    'custody.other-original',
    'source.wrong-path',
    'docking.recording-differs',
  ),
  resigned('a sealed name of another path', source(SOURCE_PATH), 'source.wrong-path'),
  resigned('a sealed name without a path', source({ vendor: {} }), 'source.refused'),
  resigned(
    'a sealed name that is no age file',
    (manifest) => ({ ...manifest, source: { ...manifest.source, sealed: 'AAAA' } }),
    'source.damaged',
  ),
  resigned(
    'a predecessor that nobody has',
    (manifest) => ({ ...manifest, previous_manifest_sha256: NOWHERE }),
    'chain.gap',
  ),
  resigned(
    'no predecessor',
    (manifest) => ({ ...manifest, previous_manifest_sha256: null }),
    'chain.two-starts',
  ),
  {
    name: 'the predecessor of another recording',
    act: async (vault) => {
      const first = vault.built(FIRST).manifestBytes;
      await vault.resign(NEWEST, (manifest) => ({ ...manifest, previous_manifest_sha256: sha256Hex(first) }));
    },
    finds: [...SIGNED_ANEW, 'chain.fork'],
  },
  {
    name: 'a predecessor of another camera',
    act: async (vault) => {
      const other = vault.built(OTHER).manifestBytes;
      await vault.resign(NEWEST, (manifest) => ({ ...manifest, previous_manifest_sha256: sha256Hex(other) }));
    },
    finds: [...SIGNED_ANEW, 'chain.other-chain'],
  },
  {
    name: 'a manifest of version 4',
    act: (vault) => writeSigned(vault, 'manifest.json', (document) => ({ ...document, version: 4 })),
    finds: ['custody.other-manifest', 'manifest.version'],
  },
  {
    name: 'a manifest with a field that nobody knows',
    act: (vault) => writeSigned(vault, 'manifest.json', (document) => ({ ...document, officer: 'x' })),
    finds: ['custody.other-manifest', 'manifest.refused'],
  },
  {
    name: 'a manifest without a field',
    act: (vault) => writeSigned(vault, 'manifest.json', (document) => ({ ...document, locked: undefined })),
    finds: ['custody.other-manifest', 'manifest.refused'],
  },
];

describe.each([
  ['a foreign signature', foreign],
  ['a wrong receipt', receipts],
  ['a manifest signed anew with the stolen key of the station', stolen],
])('%s is found with its reason:', (_, manipulations) => {
  test.each(manipulations)('$name', async ({ act, finds }) => {
    const vault = await BrokenVault.copy(good);
    try {
      await act(vault);
      expect((await vault.verdict()).findings).toEqual([...finds].sort());
    } finally {
      await vault.remove();
    }
  });
});

test('an identity that is no recipient’s is a finding for each recording, because nothing was opened', async () => {
  const { findings, totals } = await verdictOf(good.vault, good, { identities: [makeIdentity(random)] });
  expect(findings).toEqual(['payload.not-for-identity']);
  expect(totals).toMatchObject({ findings: 6, opened: 0, recordings: 6 });
});

test('a key that is pinned to its station by its file’s name does not sign for another one', async () => {
  const vault = await BrokenVault.copy(good);
  try {
    const keys = join(vault.root, 'keys');
    await writeFile(join(keys, 'station-dock-1.pub'), encodePublicKey(publicKeyOf(stranger)));
    const { findings } = await verdictOf(vault.vault, good, { keysFolder: keys });
    expect(findings).toContain('manifest.signature-unknown-key');
    expect(findings).toContain('custody.checkpoint-signature-unknown-key');
  } finally {
    await vault.remove();
  }
});
