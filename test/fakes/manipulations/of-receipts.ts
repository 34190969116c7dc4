// Manipulations of receipts: by a station that forges them, and by a store that changes its word.
import { readFile, rm, writeFile } from 'node:fs/promises';
import {
  exchange,
  STRANGER,
  type Loose,
  type ManipulatedVault,
  type Manipulation,
} from './manipulated-vault.ts';

const NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Changes a receipt with the store's own key. */
function changed(name: string, change: (value: Loose) => Loose, reason: string): Manipulation {
  return { name, act: (vault) => vault.receipt(vault.evidence.fresh, change), reason };
}

async function forged(vault: ManipulatedVault, key = vault.evidence.dock1.stationKey): Promise<void> {
  const path = vault.at(vault.evidence.fresh, 'receipt.json');
  await vault.sign(path, await readFile(path), key);
}

export const OF_RECEIPTS: readonly Manipulation[] = [
  {
    name: 'a receipt that the station signed itself',
    act: (vault) => forged(vault),
    reason: 'receipt.signature-unknown-key',
  },
  {
    name: 'a receipt by a key that nobody trusts',
    act: (vault) => forged(vault, STRANGER),
    reason: 'receipt.signature-unknown-key',
  },
  {
    name: 'a receipt of another time, without a signature',
    act: async (vault) => {
      const path = vault.at(vault.evidence.fresh, 'receipt.json');
      const kept = await readFile(`${path}.minisig`);
      await vault.receipt(vault.evidence.fresh, (value) => ({
        ...value,
        received_at: '2026-10-21T08:00:00.000Z',
      }));
      await writeFile(`${path}.minisig`, kept);
    },
    reason: 'receipt.signature-wrong',
  },
  changed(
    'a receipt that the store dated back afterwards',
    (value) => ({ ...value, received_at: '2026-10-21T08:00:00.000Z' }),
    'custody.other-receipt',
  ),
  changed(
    'a receipt of another vault',
    (value) => ({ ...value, vault: 'abcdefghijklmnopqrstuvwxya' }),
    'receipt.other-vault',
  ),
  changed(
    'a receipt of a docking record for a recording',
    (value) => ({ ...value, kind: 'docking', sealed_size_bytes: 0, chunks_sha256: NOTHING }),
    'receipt.other-kind',
  ),
  changed(
    'a receipt for another manifest',
    (value) => ({ ...value, manifest_sha256: NOTHING }),
    'receipt.other-manifest',
  ),
  changed(
    'a receipt for more bytes',
    (value) => ({ ...value, sealed_size_bytes: 9 }),
    'receipt.other-sealed-size',
  ),
  changed(
    'a receipt for other bytes',
    (value) => ({ ...value, chunks_sha256: NOTHING }),
    'receipt.other-chunks',
  ),
  changed(
    'a receipt for another station',
    (value) => ({ ...value, station: 'dock-2' }),
    'receipt.other-station',
  ),
  changed(
    'a receipt that names another entry of the log',
    (value) => ({ ...value, custody_head: { ...(value['custody_head'] as Loose), sha256: NOTHING } }),
    'receipt.head-other',
  ),
  changed(
    'a receipt that names an entry which the log does not have',
    (value) => ({ ...value, custody_head: { ...(value['custody_head'] as Loose), sequence: 9000 } }),
    'receipt.head-cut',
  ),
  changed(
    'a receipt that names a segment which the log does not have',
    (value) => ({
      ...value,
      custody_head: { ...(value['custody_head'] as Loose), segment: 'abcdefghijklmnopqrstuvwxya' },
    }),
    'receipt.head-segment',
  ),
  {
    name: 'receipts of two recordings exchanged, with their signatures',
    act: async (vault) => {
      for (const name of ['receipt.json', 'receipt.json.minisig'])
        await exchange(vault.at(vault.evidence.fresh, name), vault.at(vault.evidence.freshNext, name));
    },
    reason: 'receipt.other-recording',
  },
  {
    name: 'a receipt taken away, with its signature',
    act: async (vault) => {
      await rm(vault.at(vault.evidence.fresh, 'receipt.json'));
      await rm(vault.at(vault.evidence.fresh, 'receipt.json.minisig'));
    },
    reason: 'receipt.missing',
  },
  {
    name: 'another recording that the store put in the place of one, with a receipt of its own',
    act: async (vault) => {
      const { fresh } = vault.evidence;
      const original = { size_bytes: 2000, sha256: NOTHING, modified_at: null };
      const capture = { earliest_at: null, latest_at: null, basis: 'clock-unmeasured' };
      await vault.manifest(fresh, (value) => ({ ...value, original, capture }), vault.store);
      await vault.receipt(fresh, (value) => ({ ...value, manifest_sha256: NOTHING }));
    },
    reason: 'manifest.signature-unknown-key',
  },
];
