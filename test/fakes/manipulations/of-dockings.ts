// Manipulations of docking records: what was there, and what became of it.
import { readFile, rm } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import {
  changeText,
  exchange,
  type Loose,
  type ManipulatedVault,
  type Manipulation,
} from './manipulated-vault.ts';
import type { BuiltDockingPart } from '../vault-builder-dockings.ts';

/** The first docking of camera 1: three parts of two entries. */
const first = (vault: ManipulatedVault, part = 0): BuiltDockingPart =>
  vault.part(vault.evidence.dock1, 0, part);
/** The last one of camera 1: a single part with two entries. */
const last = (vault: ManipulatedVault): BuiltDockingPart => vault.part(vault.evidence.dock1, -1);

/** The station changes a record after its receipt, with its own key. */
function changed(name: string, change: (value: Loose) => Loose, reason: string): Manipulation {
  return { name, act: (vault) => vault.docking(last(vault), change), reason };
}

const entriesOf = (value: Loose): Loose[] => value['entries'] as Loose[];
const inventoryOf = (value: Loose): Loose => value['inventory'] as Loose;

/** The inventory that fits the entries which are left. */
function adapted(value: Loose, entries: readonly Loose[]): Loose {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const { path_sha256: path, size_bytes: size, modified_at: at } of entries) {
    hash.update(`${String(path)} ${String(size)} ${typeof at === 'string' ? at : '-'}\n`);
    bytes += Number(size);
  }
  const inventory = { ...inventoryOf(value), entries: entries.length, bytes, sha256: hash.digest('hex') };
  return { ...value, entries: [...entries], inventory };
}

export const OF_DOCKINGS: readonly Manipulation[] = [
  {
    name: 'a docking record taken away',
    act: (vault) => rm(vault.at(vault.part(vault.evidence.dock1, 1)), { recursive: true }),
    reason: 'docking.missing',
  },
  {
    name: 'the record of an empty day taken away, before a later one of that camera',
    act: (vault) => rm(vault.at(vault.part(vault.evidence.dock1, 1)), { recursive: true }),
    reason: 'docking-chain.gap',
  },
  {
    name: 'a part of a docking record taken away',
    act: (vault) => rm(vault.at(first(vault, 1)), { recursive: true }),
    reason: 'docking.part-missing',
  },
  {
    name: 'the last part of a docking record taken away',
    act: (vault) => rm(vault.at(first(vault, 2)), { recursive: true }),
    reason: 'docking.part-missing',
  },
  {
    name: 'two parts of a docking record exchanged',
    act: async (vault) => {
      for (const name of ['docking.json', 'docking.json.minisig', 'receipt.json', 'receipt.json.minisig'])
        await exchange(vault.at(first(vault, 1), name), vault.at(first(vault, 2), name));
    },
    reason: 'docking.other-record',
  },
  {
    name: 'a docking record signed with the store’s key',
    act: (vault) => vault.docking(last(vault), (value) => value, vault.store),
    reason: 'docking.signature-unknown-key',
  },
  {
    name: 'parts that do not say the same of the docking',
    act: (vault) =>
      vault.docking(first(vault, 1), (value) => ({ ...value, ended_at: '2026-10-26T23:00:00.000Z' })),
    reason: 'docking.parts-differ',
  },
  changed(
    'an entry left out of an inventory, and the digest adapted',
    (value) => adapted(value, entriesOf(value).slice(1)),
    'docking.entry-missing',
  ),
  changed(
    'an entry left out of a docking record, and the inventory as it was',
    (value) => ({ ...value, entries: entriesOf(value).slice(1) }),
    'docking.inventory',
  ),
  changed(
    'an entry put into an inventory, and the digest adapted',
    (value) => adapted(value, [...entriesOf(value), { ...entriesOf(value)[0], path_sha256: '0'.repeat(64) }]),
    'docking.other-inventory',
  ),
  changed(
    'two entries of an inventory exchanged',
    (value) => ({ ...value, entries: entriesOf(value).toReversed() }),
    'docking.inventory',
  ),
  changed(
    'a docking record of another end',
    (value) => ({ ...value, ended_at: '2026-10-26T23:00:00.000Z' }),
    'custody.other-docking',
  ),
  changed(
    'a docking record whose end comes before its beginning',
    (value) => ({ ...value, ended_at: '2026-10-21T23:00:00.000Z' }),
    'custody.other-docking',
  ),
  changed('a docking record of another bay', (value) => ({ ...value, bay: 'bay-7' }), 'docking.other-camera'),
  changed(
    'a docking record that follows another one',
    (value) => ({ ...value, previous_docking_sha256: '0'.repeat(64) }),
    'docking-chain.gap',
  ),
  changed(
    'a docking record with later entries that are not there',
    (value) => ({ ...value, later: 3 }),
    'docking.later',
  ),
  changed(
    'an entry that calls another recording its own',
    (value) => ({
      ...value,
      entries: entriesOf(value).map((entry) => ({
        ...entry,
        path_sha256: entriesOf(value)[0]?.['path_sha256'],
      })),
    }),
    'docking.other-recording',
  ),
  changed(
    'a stored entry that calls itself waiting',
    (value) => ({
      ...value,
      entries: entriesOf(value).map((entry) => ({
        ...entry,
        fate: 'waiting',
        recording: null,
        reason: 'changing',
      })),
    }),
    'docking.unlisted',
  ),
  changed(
    'an entry that was erased, where the log knows of no erasure',
    (value) => ({ ...value, entries: entriesOf(value).map((entry) => ({ ...entry, erased: true })) }),
    'docking.erased-unlogged',
  ),
  changed(
    'an entry of which nobody could see whether it went, where the log says what became of it',
    (value) => ({ ...value, entries: entriesOf(value).map((entry) => ({ ...entry, erased: null })) }),
    'docking.erased-unlogged',
  ),
  {
    name: 'an entry that was not erased, where the log says that it was',
    act: (vault) =>
      vault.docking(vault.part(vault.evidence.dock2, 1), (value) => ({
        ...value,
        entries: entriesOf(value).map((entry) => ({ ...entry, erased: false })),
      })),
    reason: 'docking.erased-unlogged',
  },
  changed(
    'a waiting entry without a reason',
    (value) => ({
      ...value,
      entries: entriesOf(value).map((entry) => ({
        ...entry,
        fate: 'waiting',
        recording: null,
        reason: null,
      })),
    }),
    'docking.shape',
  ),
  changed(
    'a docking that is counted to a stay of another one',
    (value) => ({ ...value, stay: 'abcdefghijklmnopqrstuvwxya', stay_docked_at: null }),
    'docking.stay',
  ),
  {
    name: 'a docking that follows its stay and is counted as a stay of its own',
    act: (vault) =>
      vault.docking(vault.part(vault.evidence.dock2, -1), (value) => ({
        ...value,
        stay: value['docking'],
        stay_docked_at: value['docked_at'],
      })),
    reason: 'docking.other-stay',
  },
  {
    name: 'another offset of the camera’s clock in a docking record',
    act: (vault) =>
      vault.docking(vault.part(vault.evidence.dock2, 1), (value) => ({
        ...value,
        camera_clock: { ...(value['camera_clock'] as Loose), offset_ms: 0 },
      })),
    reason: 'docking.shape',
  },
  {
    name: 'a recording taken away with all traces of it in the log; only the docking record names it',
    act: async (vault) => {
      const { last: gone, dock1 } = vault.evidence;
      await rm(vault.at(gone), { recursive: true });
      await vault.rewrite(dock1, (entries) => entries.filter(({ facts }) => facts['recording'] !== gone.id));
    },
    reason: 'docking.recording-missing',
  },
  {
    name: 'the newest docking taken away with all traces of it; only the store’s log knows how much it had',
    act: async (vault) => {
      const { dock2 } = vault.evidence;
      const built = vault.part(dock2, -1);
      await rm(vault.at(built), { recursive: true });
      const { custody_head: head } = JSON.parse(
        await readFile(vault.at(vault.part(dock2, -2), 'receipt.json'), 'utf8'),
      ) as {
        custody_head: { sequence: number };
      };
      await changeText(
        vault.segment(dock2, -1),
        (text) =>
          `${text
            .split('\n')
            .slice(0, head.sequence + 1)
            .join('\n')}\n`,
      );
    },
    reason: 'log.tail-missing',
  },
  {
    name: 'a docking that the station left out of its records and of its log’s words about them',
    act: async (vault) => {
      const { dock1 } = vault.evidence;
      const built = vault.part(dock1, 1);
      await rm(vault.at(built), { recursive: true });
      await vault.rewrite(dock1, (entries) =>
        entries.filter(
          ({ event, facts }) =>
            facts['recording'] !== built.record.record &&
            !(event === 'docking-recorded' && facts['record'] === built.record.record),
        ),
      );
    },
    reason: 'docking.unrecorded',
  },
];
