// Receipts a second that a receiver makes durable for documents of some 10 KB, with and without the store's log as a tree, in turns: what a receipt
// costs beside the bytes that it is for. A program of its own: `node dist/test/bench/receipts-run.js [COUNT] [AT ONCE]` prints one line of JSON.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { WrittenEnd } from '../../agent/receiver/custody/log-end.ts';
import { ReceiptLog } from '../../agent/receiver/custody/receipt-log.ts';
import { Receipts } from '../../agent/receiver/transfer/receipts.ts';
import { openReceiverWorker } from '../../agent/receiver/transfer/receiver-worker.ts';
import { Slabs } from '../../agent/receiver/transfer/slabs.ts';
import { FilesVault } from '../../agent/receiver/vault/vault-files.ts';
import { VaultLocks } from '../../agent/receiver/vault/vault-lock.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import { nodeRandom } from '../../agent/platform/random-node.ts';
import { inlineSigner, makeSecretKey, publicKeyOf } from '../../protocol/documents/minisign.ts';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { makeRecordingId, parseReceiverId, parseStationId } from '../../protocol/format/ids.ts';
import { MemoryConditions } from '../fakes/conditions-memory.ts';
import { MemoryLog } from '../fakes/log-memory.ts';

const [count = 400, atOnce = 16] = process.argv.slice(2).map(Number);
const TURNS = 3;
const station = parseStationId('bench-1');
const receiver = parseReceiverId('r-bench');
const [files, clock, random, log] = [nodeFiles(), nodeClock(), nodeRandom(), new MemoryLog()];

/** Receipts a second of one vault that begins empty. */
async function measure(hasTree: boolean): Promise<number> {
  const folder = await mkdtemp(join(process.cwd(), '.bench-receipts-'));
  const key = makeSecretKey(random);
  const worker = await openReceiverWorker(new Slabs(2));
  try {
    const host = { host: hostname(), pid: process.pid, bootId: null };
    const base = { files, clock, random, log, receiver, version: 'bench', bootId: null, process: host };
    const vault = await FilesVault.open({ ...base, path: join(folder, 'vault') });
    const store = {
      ...base,
      vaultPath: vault.layout.root,
      vault: vault.id,
      signer: inlineSigner(key),
      publicKey: publicKeyOf(key),
      locks: new VaultLocks(vault.layout.root, clock),
      written: new WrittenEnd(),
    };
    const sending = { receipt: async () => undefined, log: async () => undefined };
    const conditions = new MemoryConditions();
    const receiptLog = new ReceiptLog({ store, stations: new Map([[station, []]]), sending, conditions });
    const unproven = { prove: async () => ({ entry: '', proof: '', consistency: [] }) };
    const receipts = new Receipts({
      ...store,
      vault,
      units: worker.units,
      sending,
      custody: { head: async () => null },
      receiptLog: hasTree ? receiptLog : unproven,
      words: { newest: undefined },
    });
    let left = count;
    const one = async (): Promise<void> => {
      while (left-- > 0) {
        const bytes = randomBytes(10_000);
        const name = { station, recording: makeRecordingId(random) };
        const digests = {
          manifestSha256: sha256Hex(bytes),
          sealedSizeBytes: 0,
          chunksSha256: sha256Hex(new Uint8Array()),
          policySha256: undefined,
        };
        const receipt = await receipts.sign({ ...name, kind: 'docking', ...digests });
        await vault.placeDocking(name, { bytes, signature: '' }, receipt);
        await receipts.give({ ...name, ...digests }, receipt);
      }
    };
    const beganMs = clock.monotonicMs();
    await Promise.all(Array.from({ length: atOnce }, one));
    const seconds = (clock.monotonicMs() - beganMs) / 1000;
    await vault.close();
    return count / seconds;
  } finally {
    await worker.close();
    await rm(folder, { recursive: true });
  }
}

const rates: { readonly without: number; readonly with: number }[] = [];
for (let turn = 0; turn < TURNS; turn++)
  rates.push({ without: await measure(false), with: await measure(true) });
const middle = (of: 'without' | 'with'): number =>
  rates.map((each) => each[of]).toSorted((a, b) => a - b)[TURNS >> 1] ?? 0;
const [without, withTree] = [middle('without'), middle('with')];
const errors = log.messages('error').length;
process.stdout.write(
  `${JSON.stringify({ count, at_once: atOnce, without_per_s: without, with_per_s: withTree, ratio: withTree / without, errors })}\n`,
);
