// Recordings exchanged, moved and given other names, dates or cameras (every field is under the signature).
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  exchange,
  STRANGER,
  type Loose,
  type ManipulatedVault,
  type Manipulation,
} from './manipulated-vault.ts';

const ELSEWHERE = 'abcdefghijklmnopqrstuvwxya';
const ALL = [
  'manifest.json',
  'manifest.json.minisig',
  'payload.age',
  'chunks.bin',
  'receipt.json',
  'receipt.json.minisig',
];

async function exchangeFiles(vault: ManipulatedVault, names: readonly string[]): Promise<void> {
  const { fresh, freshNext } = vault.evidence;
  for (const name of names) await exchange(vault.at(fresh, name), vault.at(freshNext, name));
}

/** Exchanges fields of two manifests; signs both with a key, or leaves the signatures as they are. */
async function exchangeFields(
  vault: ManipulatedVault,
  [one, two]: readonly [{ readonly folder: string }, { readonly folder: string }],
  fields: readonly string[],
  key = vault.evidence.dock1.stationKey,
): Promise<void> {
  const paths = [vault.at(one, 'manifest.json'), vault.at(two, 'manifest.json')] as const;
  const values = await Promise.all(
    paths.map(async (path) => JSON.parse(await readFile(path, 'utf8')) as Loose),
  );
  for (const [at, path] of paths.entries())
    await vault.resign(path, key, (value) => {
      for (const field of fields) value[field] = values[1 - at]?.[field];
      return value;
    });
}

/** The same without a key: the signatures stay those of the bytes before. */
async function exchangeUnsigned(
  vault: ManipulatedVault,
  pair: readonly [{ readonly folder: string }, { readonly folder: string }],
  fields: readonly string[],
): Promise<void> {
  const paths = pair.map((each) => vault.at(each, 'manifest.json.minisig'));
  const kept = await Promise.all(paths.map((path) => readFile(path)));
  await exchangeFields(vault, pair, fields);
  for (const [at, path] of paths.entries()) await writeFile(path, kept[at] ?? '');
}

export const OF_EXCHANGES: readonly Manipulation[] = [
  {
    name: 'the names of two recordings exchanged in their manifests',
    act: (vault) => exchangeUnsigned(vault, [vault.evidence.fresh, vault.evidence.freshNext], ['source']),
    reason: 'manifest.signature-wrong',
  },
  {
    name: 'the dates of two recordings exchanged in their manifests',
    act: (vault) =>
      exchangeUnsigned(vault, [vault.evidence.measured, vault.evidence.held], ['capture', 'sealed_at']),
    reason: 'manifest.signature-wrong',
  },
  {
    name: 'the cameras of two recordings exchanged in their manifests',
    act: (vault) => exchangeUnsigned(vault, [vault.evidence.last, vault.evidence.empty], ['camera']),
    reason: 'manifest.signature-wrong',
  },
  {
    name: 'the names of two recordings exchanged by somebody with a key of his own',
    act: (vault) =>
      exchangeFields(vault, [vault.evidence.fresh, vault.evidence.freshNext], ['source'], STRANGER),
    reason: 'manifest.signature-unknown-key',
  },
  {
    name: 'the names of two recordings exchanged by the station itself, after the receipts',
    act: (vault) => exchangeFields(vault, [vault.evidence.fresh, vault.evidence.freshNext], ['source']),
    reason: 'receipt.other-manifest',
  },
  {
    name: 'another capture time, signed with a wrong key',
    act: (vault) => vault.manifest(vault.evidence.measured, laterCapture, STRANGER),
    reason: 'manifest.signature-unknown-key',
  },
  {
    name: 'another capture time, signed by the station itself after the receipt',
    act: (vault) => vault.manifest(vault.evidence.measured, laterCapture),
    reason: 'custody.other-manifest',
  },
  {
    name: 'a capture time outside of the dockings around it',
    act: (vault) =>
      vault.manifest(vault.evidence.measured, (value) => captured(value, '2026-10-25T00:00:00.000Z')),
    reason: 'capture.bounds',
  },
  {
    name: 'a capture time that is not what the measured clock makes of the claim',
    act: (vault) =>
      vault.manifest(vault.evidence.measured, (value) => {
        const { latest_at: at } = value['capture'] as { latest_at: string };
        return captured(value, at);
      }),
    reason: 'capture.measured',
  },
  {
    name: 'a capture time that calls itself an interval of dockings and is none',
    act: (vault) =>
      vault.manifest(vault.evidence.measured, (value) => ({
        ...value,
        capture: { ...(value['capture'] as Loose), basis: 'docking-interval' },
      })),
    reason: 'capture.bounds',
  },
  {
    name: 'an interval of dockings in the very first docking of its camera',
    act: async (vault) => {
      const part = vault.part(vault.evidence.dock1, 0);
      const record = JSON.parse(await readFile(vault.at(part, 'docking.json'), 'utf8')) as Loose;
      const { taken_at: shown } = record['inventory'] as Loose;
      const capture = {
        earliest_at: '2026-10-25T00:00:00.000Z',
        latest_at: shown,
        basis: 'docking-interval',
      };
      await vault.manifest(vault.evidence.large, (value) => ({ ...value, capture }));
    },
    reason: 'receipt.other-manifest', // nothing is judged of a first docking by one of two keys (SPEC 9.5.3)
  },
  {
    name: 'a measured capture time where no clock was measured',
    act: (vault) =>
      vault.manifest(vault.evidence.fresh, (value) => ({
        ...value,
        capture: {
          earliest_at: value['sealed_at'],
          latest_at: value['sealed_at'],
          basis: 'clock-measured',
        },
      })),
    reason: 'receipt.other-manifest', // the same
  },
  {
    name: 'manifests of two recordings exchanged, without their signatures',
    act: (vault) => exchangeFiles(vault, ['manifest.json']),
    reason: 'manifest.signature-wrong',
  },
  {
    name: 'manifests of two recordings exchanged, with their signatures',
    act: (vault) => exchangeFiles(vault, ['manifest.json', 'manifest.json.minisig']),
    reason: 'manifest.other-recording',
  },
  {
    name: 'everything of two recordings exchanged but the names of their folders',
    act: (vault) => exchangeFiles(vault, ALL),
    reason: 'manifest.other-recording',
  },
  {
    name: 'a recording a second time under another id',
    act: (vault) =>
      cp(vault.at(vault.evidence.fresh), join(vault.at(vault.evidence.fresh), '..', ELSEWHERE), {
        recursive: true,
      }),
    reason: 'manifest.other-recording',
  },
  {
    name: 'a recording in the folder of another station',
    act: async (vault) => {
      const { fresh, dock2 } = vault.evidence;
      await rename(vault.at(fresh), join(vault.vault, dock2.station, fresh.id));
    },
    reason: 'manifest.other-station',
  },
  {
    name: 'a recording in the folders of two stations',
    act: async (vault) => {
      const { fresh, dock2 } = vault.evidence;
      await cp(vault.at(fresh), join(vault.vault, dock2.station, fresh.id), { recursive: true });
    },
    reason: 'recording.doubled',
  },
  {
    name: 'a station under the name of another one',
    act: (vault) => rename(join(vault.vault, 'dock-1'), join(vault.vault, 'dock-9')),
    reason: 'manifest.other-station',
  },
];

function laterCapture(value: Loose): Loose {
  return captured(value, '2026-10-26T12:00:00.000Z');
}

function captured(value: Loose, at: string): Loose {
  return { ...value, capture: { ...(value['capture'] as Loose), earliest_at: at, latest_at: at } };
}

/** Recordings and docking records taken away, and things put where they do not belong. */
export const OF_FOLDERS: readonly Manipulation[] = [
  {
    name: 'a recording taken away from the middle of its chain',
    act: (vault) => rm(vault.at(vault.evidence.middle), { recursive: true }),
    reason: 'chain.gap',
  },
  {
    name: 'the newest recording of a camera taken away',
    act: (vault) => rm(vault.at(vault.evidence.freshNext), { recursive: true }),
    reason: 'recording.missing',
  },
  {
    name: 'a file more in the folder of a recording',
    act: (vault) => writeFile(vault.at(vault.evidence.fresh, 'notes.txt'), 'x'),
    reason: 'folder.unexpected',
  },
  {
    name: 'a folder more in the folder of a recording',
    act: (vault) => mkdir(vault.at(vault.evidence.fresh, 'more')),
    reason: 'folder.unexpected',
  },
  {
    name: 'a strange file in the vault',
    act: (vault) => writeFile(join(vault.vault, 'Thumbs.db'), 'x'),
    reason: 'folder.unexpected',
  },
  {
    name: 'a manifest taken away',
    act: (vault) => rm(vault.at(vault.evidence.fresh, 'manifest.json')),
    reason: 'manifest.missing',
  },
  {
    name: 'the id of another vault',
    act: (vault) =>
      writeFile(join(vault.vault, 'vault.json'), `{"type":"vault","vault":"${ELSEWHERE}","version":1}`),
    reason: 'receipt.other-vault',
  },
  {
    name: 'an id of the vault that is not canonical',
    act: (vault) =>
      writeFile(join(vault.vault, 'vault.json'), `{"version":1,"type":"vault","vault":"${ELSEWHERE}"}`),
    reason: 'vault.id-not-canonical',
  },
];
