// Fills a custody log with entries as several runs of an agent would, or opens one and says how long that took; in a process of its own, so that its
// memory is its own.
//   node custody-run.js fill DIR COUNT   so many more entries
//   node custody-run.js start DIR        prints one JSON document
import { existsSync, mkdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { CustodyLog } from '../../agent/custody/custody-log.ts';
import { LedgerPart, Snapshot } from '../../agent/custody/ledger-file.ts';
import { parseBayId, parseCameraId, parseStationId } from '../../protocol/format/ids.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import { nodeRandom } from '../../agent/platform/random-node.ts';
import { CUSTODY_GROUP_ENTRIES } from '../../protocol/format/limits.ts';
import { makeSecretKey, publicKeyOf } from '../../protocol/documents/minisign.ts';
import { MemoryConditions } from '../fakes/conditions-memory.ts';
import { MemoryLog } from '../fakes/log-memory.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { fastSigner } from '../fakes/signer-fast.ts';

/** Entries between two starts of the agent: some months of a quiet station. */
const RUN_ENTRIES = 20_000;

export interface CustodyStart {
  readonly segments: number;
  readonly openMs: number;
  readonly peakBytes: number;
}

const key = makeSecretKey(seededRandom(1));

async function openLog(dir: string): Promise<CustodyLog> {
  const folder = join(dir, 'custody');
  if (!existsSync(folder)) mkdirSync(folder);
  const known = {
    path: join(dir, 'custody-index'),
    spool: '',
    files: nodeFiles(),
    clock: nodeClock(),
    log: new MemoryLog(),
  };
  return CustodyLog.open({
    folder,
    snapshot: await Snapshot.open(known, () => ({ ledger: new LedgerPart() })),
    station: parseStationId('townhall-1'),
    version: '0.1.0',
    files: nodeFiles(),
    clock: nodeClock(),
    random: nodeRandom(),
    signer: fastSigner(key),
    bootId: null,
    log: new MemoryLog(),
    conditions: new MemoryConditions(),
    stationKeys: [publicKeyOf(key)],
  });
}

async function fill(dir: string, count: number): Promise<void> {
  const [bay, camera] = [parseBayId('bay-1'), parseCameraId('cam-1')];
  const docking = 'abcdefghijklmnopqrstuvwxyz';
  for (let made = 0; made < count; made += RUN_ENTRIES) {
    const log = await openLog(dir);
    const more = Math.min(RUN_ENTRIES, count - made);
    for (let number = 1; number <= more; number++) {
      log.append({ event: 'docked', facts: { bay, camera, docking } });
      if (number % CUSTODY_GROUP_ENTRIES === 0) await log.checkpoint();
    }
    await log.close();
  }
}

async function start(dir: string): Promise<void> {
  const startedMs = performance.now();
  const log = await openLog(dir);
  const found: CustodyStart = {
    openMs: performance.now() - startedMs,
    segments: log.segments().length,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
  writeSync(1, JSON.stringify(found));
  await log.close();
}

const [, , command, dir = '', count = '0'] = process.argv;
if (command === 'fill') await fill(dir, Number(count));
else if (command === 'start') await start(dir);
else throw new Error('fill or start is wanted');
