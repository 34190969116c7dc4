// What a verification holds of each recording until all were read: rows beside the heap, and no document. Objects and strings are counted.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkChains } from '../../../../agent/evidence/verify/chain-check.ts';
import { HeadBook } from '../../../../agent/evidence/verify/custody-links.ts';
import { LogAccount } from '../../../../agent/evidence/verify/log-account.ts';
import { PlaceFacts } from '../../../../agent/evidence/verify/place-facts.ts';
import type { CheckedRecording } from '../../../../agent/evidence/verify/recording-check.ts';
import { StoreLog } from '../../../../agent/evidence/verify/store-log.ts';
import type { CustodyEntry } from '../../../../protocol/custody/custody-entry.ts';
import { sha256Hex } from '../../../../protocol/format/bytes.ts';
import { makeRecordingId } from '../../../../protocol/format/ids.ts';
import { heldInHeapBytes } from '../../../fakes/held-bytes.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';
import { type BuiltRecording, VaultBuilder } from '../../../fakes/vault-builder.ts';

/** It is 60 to 130, places in tables; a manifest that was parsed takes 2 KB. */
const BYTES_A_RECORDING = 400;
const FEW = 500;
const MANY = 3_500;
const AT = '2026-11-25T08:00:00.000Z';

test('a recording more is some rows more, and no document', { timeout: 60_000 }, async () => {
  const root = await mkdtemp(join(tmpdir(), 'bodydock-verify-memory-'));
  try {
    const built = await VaultBuilder.create(root);
    const sample = await built.record();
    await built.close();
    await heldOf(MANY, sample); // what is compiled once
    const grown = (await heldOf(MANY, sample)) - (await heldOf(FEW, sample));
    expect(grown / (MANY - FEW)).toBeLessThan(BYTES_A_RECORDING);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});

/** Bytes of objects that are held of so many recordings, each with its receipt and what two logs say of it. */
async function heldOf(recordings: number, sample: BuiltRecording): Promise<number> {
  const before = await heldInHeapBytes();
  const random = seededRandom(recordings);
  const [facts, account, log, book] = [new PlaceFacts(), new LogAccount(), new StoreLog(), new HeadBook()];
  for (let at = 0; at < recordings; at++) {
    const checked = checkedAs(sample, makeRecordingId(random), at);
    facts.takeRecording(checked, 'dock-1');
    for (const entry of entriesOf(checked)) account.take(entry, 'key');
    log.take('r-store', receiptEntry(checked));
  }
  for (const { head } of facts.headsOf('dock-1')) book.want(head);
  for (let at = 0; at < recordings; at++) book.see(segmentOf(sample), at, digestOf('head', at));
  book.ended(segmentOf(sample), recordings);
  expect(checkChains(facts.links())).toEqual([]);
  const held = (await heldInHeapBytes()) - before;
  const counted = [facts.heldOf('dock-1').values(), account.all(), log.receipts].map(
    (all) => [...all].length,
  );
  expect(counted).toEqual([recordings, recordings, recordings]);
  expect([...facts.headsOf('dock-1')].every(({ head }) => book.compare(head) === 'good')).toBe(true);
  return held;
}

/** The sample under another id, as the next one of its chain; all of it is its own. */
function checkedAs(
  { manifest, receipt }: BuiltRecording,
  name: BuiltRecording['id'],
  at: number,
): CheckedRecording {
  const previous = at === 0 ? null : digestOf('manifest', at - 1);
  const head = { segment: segmentOf({ receipt }), sequence: at, sha256: digestOf('head', at) };
  return {
    where: `dock-1/${name}`,
    name,
    manifest: copyOf({ ...manifest, recording: name, previous_manifest_sha256: previous }),
    manifestSha256: digestOf('manifest', at),
    keyId: 'key',
    receipt: receipt && (copyOf({ ...receipt, recording: name, custody_head: head }) as typeof receipt),
    receiptKeyId: 'store key',
    receiptSha256: digestOf('receipt', at),
    deletionKeyId: undefined,
    deletion: undefined,
    deletionSha256: undefined,
    leftovers: [],
    hasPayload: true,
    units: 1,
    opened: false,
    remarks: [],
  };
}

function entriesOf({ name, manifestSha256, receiptSha256 }: CheckedRecording): CustodyEntry[] {
  const manifest = { recording: name, manifest_sha256: manifestSha256, sealed_size_bytes: 1 };
  const receipt = { recording: name, receiver: 'r-store', receipt_sha256: receiptSha256 };
  return [entry('spooled', manifest), entry('receipted', receipt)];
}

function receiptEntry({ name, receiptSha256 }: CheckedRecording): CustodyEntry {
  const facts = { kind: 'recording', station: 'dock-1', recording: name, receipt_sha256: receiptSha256 };
  return entry('receipt', facts);
}

function entry(event: string, facts: object): CustodyEntry {
  return copyOf({
    event,
    facts,
    at: AT,
    sequence: 1,
    previous: '',
    boot: null,
    monotonic_ms: 0,
  }) as CustodyEntry;
}

function copyOf<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function segmentOf({ receipt }: Pick<BuiltRecording, 'receipt'>): string {
  return receipt?.custody_head?.segment ?? '';
}

function digestOf(of: string, at: number): string {
  return sha256Hex(Buffer.from(`${of} ${at}`));
}
