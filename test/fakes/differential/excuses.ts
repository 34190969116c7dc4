// Entries that would explain why something is not in a vault, or say that something happened: true ones, in a log where they belong.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import { keyIdHex } from '../../../protocol/documents/minisign.ts';
import { droppedFacts, type DroppedFacts } from '../dropped-facts.ts';
import { folderOf, segmentsOf, stolenKeys, type Altered } from './attack.ts';

/** An entry of the log of `keeper`; `goes`: what it would let go, below the vault. */
export interface Excuse {
  readonly keeper: string;
  readonly event: CustodyEvent['event'];
  readonly facts: CustodyEvent['facts'];
  readonly goes: readonly string[];
}

/** What lets some recording with a receipt go. */
export function someDropped({ world, random }: Altered): DroppedFacts | undefined {
  const there = world.recordings.filter(({ receipt }) => receipt !== undefined);
  return there.length === 0 ? undefined : droppedFacts(random.pick(there));
}

/** Some entry that would excuse or say something. */
export async function excuseFor(altered: Altered): Promise<Excuse | undefined> {
  const { random, world } = altered;
  const facts = someDropped(altered);
  if (facts === undefined) return undefined;
  const { station, recording } = facts;
  const store = random.pick(world.stores).receiver;
  const folder = folderOf(altered, station, recording);
  const keyId = keyIdHex(random.pick(stolenKeys(altered)).keyId);
  const segments = await segmentsOf(altered, station);
  const sha256 = '5'.repeat(64);
  const deletion = { station, recording, deletion_sha256: sha256 };
  const made: Excuse[] = [
    { keeper: store, event: 'documents-dropped', facts: { ...facts }, goes: [folder] },
    {
      keeper: store,
      event: 'deleted',
      facts: deletion,
      goes: [`${folder}/payload.age`, `${folder}/chunks.bin`],
    },
    { keeper: store, event: 'deleting', facts: deletion, goes: [] },
    { keeper: store, event: 'key-revoked', facts: { station, key_id: keyId, reason: 'lost' }, goes: [] },
    {
      keeper: station,
      event: 'receipted',
      facts: { recording: 'r'.repeat(25) + 'a', receiver: 'r-evil', receipt_sha256: sha256 },
      goes: [],
    },
    {
      keeper: station,
      event: 'asked-again',
      facts: { recording, receiver: 'r-store', receipt_sha256: facts.receipt_sha256 },
      goes: [folder],
    },
    { keeper: station, event: 'quarantined', facts: { name: recording, reason: 'x' }, goes: [folder] },
    {
      keeper: station,
      event: 'spooled',
      facts: { recording, manifest_sha256: sha256, sealed_size_bytes: 17 },
      goes: [],
    },
    {
      keeper: station,
      event: 'docked',
      facts: { bay: 'bay-1', camera: 'cam-1', docking: 'd'.repeat(25) + 'a' },
      goes: [],
    },
    {
      keeper: station,
      event: 'key-changed',
      facts: { old_key_id: keyId, new_key_id: keyId, change_sha256: sha256 },
      goes: [],
    },
  ];
  const [oldest] = segments;
  if (oldest !== undefined)
    made.push({ keeper: store, event: 'segment-dropped', facts: headFacts(altered, oldest), goes: [oldest] });
  return random.pick(made);
}

function headFacts({ vault }: Altered, path: string): CustodyEvent['facts'] {
  const lines = readFileSync(join(vault, path), 'utf8').trimEnd().split('\n');
  return {
    segment: path.replace(/^.*\//, '').replace('.jsonl', ''),
    last_sequence: lines.length,
    last_sha256: sha256Hex(Buffer.from(lines.at(-1) ?? '')),
  };
}
