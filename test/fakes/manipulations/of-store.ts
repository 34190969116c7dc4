// Manipulations by the store, or by somebody with its key: deletions, its own log.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { encodeCanonical } from '../../../protocol/format/canonical.ts';
import { changeText, type Loose, type ManipulatedVault, type Manipulation } from './manipulated-vault.ts';
import type { BuiltRecording } from '../vault-builder.ts';

const SEALED = ['payload.age', 'chunks.bin'];

/** The store changes the deletion record of the expired recording, and its own log with it. */
function changed(name: string, change: (value: Loose) => Loose, reason: string): Manipulation {
  return { name, act: (vault) => redeleted(vault, vault.evidence.expired, change), reason };
}

/** Writes a deletion record again and its digest into the store's log, so that both say the same. */
async function redeleted(
  vault: ManipulatedVault,
  of: BuiltRecording,
  change: (value: Loose) => Loose,
): Promise<void> {
  await vault.deletion(of, change);
  const deletion_sha256 = sha256Hex(await readFile(vault.at(of, 'deletion.json')));
  await vault.rewriteStore((entries) =>
    entries.map((entry) =>
      entry.event.startsWith('delet') && entry.facts['recording'] === of.id
        ? { ...entry, facts: { ...entry.facts, deletion_sha256 } }
        : entry,
    ),
  );
}

/** Deletes a recording that was not deleted, with a record as the store's own ones are and entries in its log. */
async function deleted(
  vault: ManipulatedVault,
  of: BuiltRecording,
  change: (value: Loose) => Loose,
): Promise<void> {
  const { expired } = vault.evidence;
  const template = JSON.parse(await readFile(vault.at(expired, 'deletion.json'), 'utf8')) as Loose;
  const record = {
    ...template,
    recording: of.id,
    station: of.manifest.station,
    manifest_sha256: sha256Hex(of.manifestBytes),
    receipt_sha256: sha256Hex(await readFile(vault.at(of, 'receipt.json'))),
    sealed_size_bytes: of.manifest.sealed.size_bytes,
  };
  const bytes = encodeCanonical(change(record));
  await vault.sign(vault.at(of, 'deletion.json'), bytes, vault.store);
  for (const name of SEALED) await rm(vault.at(of, name));
  const facts = { station: of.manifest.station, recording: of.id, deletion_sha256: sha256Hex(bytes) };
  await vault.rewriteStore((entries, segment) => {
    const at = entries.findIndex(({ event }) => event === 'deleting');
    const found = segment === 1 ? entries[at] : undefined;
    if (found === undefined) return entries;
    const more = ['deleting', 'deleted'].map((event) => ({ ...found, event, facts }));
    return entries.toSpliced(at, 0, ...more);
  });
}

const retention = (value: Loose, more: Loose): Loose => ({
  ...value,
  retention: { ...(value['retention'] as Loose), ...more },
});

export const OF_DELETIONS: readonly Manipulation[] = [
  changed(
    'a deletion before the recording was due',
    (value) => ({ ...value, deleted_at: '2026-10-31T08:00:00.000Z' }),
    'deletion.before-due',
  ),
  changed(
    'a due date that does not follow from its beginning',
    (value) => retention(value, { due_at: '2026-10-27T08:00:00.000Z' }),
    'deletion.retention-due',
  ),
  changed(
    'a retention that is counted from too early a time',
    (value) => retention(value, { from_at: '2026-10-02T08:00:00.000Z', due_at: '2026-10-16T08:00:00.000Z' }),
    'deletion.retention-start',
  ),
  changed(
    'a retention with another basis',
    (value) => retention(value, { basis: 'received' }),
    'deletion.retention-start',
  ),
  changed(
    'a deletion in another vault',
    (value) => ({ ...value, vault: 'abcdefghijklmnopqrstuvwxya' }),
    'deletion.other-vault',
  ),
  changed(
    'a deletion of another manifest',
    (value) => ({ ...value, manifest_sha256: '0'.repeat(64) }),
    'deletion.other-manifest',
  ),
  changed(
    'a deletion behind another receipt',
    (value) => ({ ...value, receipt_sha256: '0'.repeat(64) }),
    'deletion.other-receipt',
  ),
  changed(
    'a deletion of fewer bytes',
    (value) => ({ ...value, sealed_size_bytes: 1 }),
    'deletion.other-sealed-size',
  ),
  changed(
    'a deletion that calls itself ordered and names no order',
    (value) => ({ ...value, reason: 'ordered' }),
    'deletion.order-missing',
  ),
  changed(
    'an expiry that names an order',
    (value) => ({ ...value, order_sha256: '0'.repeat(64) }),
    'deletion.order-without-reason',
  ),
  {
    name: 'a deletion record that the store changed, and its log did not',
    act: (vault) =>
      vault.deletion(vault.evidence.expired, (value) => ({
        ...value,
        deleted_at: '2026-11-20T08:00:00.000Z',
      })),
    reason: 'deletion.other-logged',
  },
  {
    name: 'a deletion record signed by a station',
    act: (vault) => vault.deletion(vault.evidence.expired, (value) => value, vault.evidence.dock2.stationKey),
    reason: 'deletion.signature-unknown-key',
  },
  {
    name: 'a deletion record taken away',
    act: async (vault) => {
      for (const name of ['deletion.json', 'deletion.json.minisig'])
        await rm(vault.at(vault.evidence.expired, name));
    },
    reason: 'deletion.missing',
  },
  {
    name: 'a deletion record without its signature',
    act: (vault) => rm(vault.at(vault.evidence.expired, 'deletion.json.minisig')),
    reason: 'deletion.signature-missing',
  },
  {
    name: 'a recording that was deleted while both roles held it',
    act: (vault) =>
      deleted(vault, vault.evidence.held, (value) => retention(value, retentionOf(vault.evidence.held))),
    reason: 'deletion.held',
  },
  {
    name: 'a recording that was deleted by an order about another one',
    act: (vault) =>
      deleted(vault, vault.evidence.measured, (value) => ({
        ...value,
        reason: 'ordered',
        order_sha256: vault.evidence.deleteOrder.sha256,
      })),
    reason: 'deletion.other-order',
  },
  {
    name: 'a payload put back beside its deletion record',
    act: (vault) => writeFile(vault.at(vault.evidence.expired, 'payload.age'), 'age-encryption.org/v1\n'),
    reason: 'deletion.not-finished',
  },
  {
    name: 'a deletion that the store left out of its log',
    act: (vault) =>
      vault.rewriteStore((entries) =>
        entries.filter(
          ({ event, facts }) =>
            !(event.startsWith('delet') && facts['recording'] === vault.evidence.expired.id),
        ),
      ),
    reason: 'deletion.unlogged',
  },
  {
    name: 'an early deletion without a warning',
    act: (vault) => vault.rewriteStore((entries) => entries.filter(({ event }) => event !== 'expiry-warned')),
    reason: 'deletion.unwarned',
  },
  {
    name: 'an early deletion an hour after its warning',
    act: (vault) =>
      vault.rewriteStore((entries) =>
        entries.map((entry) =>
          entry.event === 'expiry-warned' ? { ...entry, at: '2026-10-28T06:00:00.000Z' } : entry,
        ),
      ),
    reason: 'deletion.unwarned',
  },
];

function retentionOf({ manifest }: BuiltRecording): Loose {
  const due = new Date(Date.parse(manifest.sealed_at) + 14 * 86_400_000).toISOString();
  return { from_at: manifest.sealed_at, due_at: due };
}

export const OF_STORE_LOG: readonly Manipulation[] = [
  {
    name: 'an entry of the store’s log dropped',
    act: (vault) =>
      changeText(vault.storeSegment(0), (text) => text.replace(/^.*"event":"disclosed".*\n/m, '')),
    reason: 'custody.chain',
  },
  {
    name: 'a store that leaves a disclosure out of its log',
    act: (vault) => vault.rewriteStore((entries) => entries.filter(({ event }) => event !== 'disclosed')),
    reason: 'log.shortened',
  },
  {
    name: 'the store’s log removed',
    act: (vault) => rm(vault.at(vault.evidence.dock1.receiver.custody), { recursive: true }),
    reason: 'deletion.unlogged',
  },
  {
    name: 'the first segment of the store’s log removed',
    act: (vault) => rm(vault.storeSegment(0)),
    reason: 'custody.gap',
  },
  {
    name: 'an event of a station in the store’s log, with facts that it does not have',
    act: (vault) =>
      vault.rewriteStore((entries) =>
        entries.map((entry) =>
          entry.event === 'order' ? { ...entry, facts: { ...entry.facts, note: 'x' } } : entry,
        ),
      ),
    reason: 'custody.facts',
  },
  {
    name: 'a hold that the store calls lapsed too early',
    act: (vault) =>
      vault.rewriteStore((entries) =>
        entries.map((entry) =>
          entry.event === 'hold-lapsed' ? { ...entry, at: '2026-10-29T08:00:00.000Z' } : entry,
        ),
      ),
    reason: 'store-log.lapsed-early',
  },
];
