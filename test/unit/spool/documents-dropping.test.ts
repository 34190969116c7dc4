// Documents of released recordings that are old: which may go, what the log says first, and what a cut at any call leaves.
import { describe, expect, test } from 'vitest';
import type { CustodyLog } from '../../../agent/custody/custody-log.ts';
import { TrustedWallClock } from '../../../agent/platform/trusted-wall-clock.ts';
import { DocumentsDropping } from '../../../agent/spool/keep.ts';
import type { Spool, SpoolOptions } from '../../../agent/spool/spool.ts';
import { recordingType } from '../../../agent/spool/spooled-recording.ts';
import { makeSecretKey, publicKeyOf } from '../../../protocol/documents/minisign.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { makeDockingId } from '../../../protocol/format/ids.ts';
import { ManualClock, settle } from '../../fakes/clock-manual.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { itemsAround } from '../../fakes/items-around.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { eventsOn } from '../custody/custody-scenario.ts';
import { openCustody } from './life.ts';
import {
  CAMERA,
  freshDisk,
  openSpool,
  prepare,
  type Prepared,
  receiptOne,
  ROOT,
  spoolOne,
} from './scenario.ts';

const DAY_MS = 86_400_000;
const released = (disk: CrashDisk, { recording }: Prepared): number =>
  disk.tree(`${ROOT}/released/${recording}`).size;
const fileOf = ({ documents }: Prepared): { pathSha256: string; sizeBytes: number } => ({
  pathSha256: documents.manifest.source.path_sha256,
  sizeBytes: documents.manifest.original.size_bytes,
});

/** Three released recordings of one camera, of which a listing shows none any more; the last is the end of the chain. */
async function yearsAgo(): Promise<{ disk: CrashDisk; all: readonly Prepared[] }> {
  const disk = await freshDisk();
  const { spool } = await openSpool(disk);
  const random = seededRandom(31);
  const all: Prepared[] = [];
  for (let count = 0; count < 3; count++) {
    const next = prepare(random, { previous: await spool.lastManifestSha256(CAMERA) });
    await spoolOne(disk, spool, next);
    await receiptOne(spool, next);
    await spool.reclaim(next.recording);
    all.push(next);
  }
  await spool.listed(CAMERA, [], async () => undefined);
  await spool.close();
  const custody = await openCustody(disk, 0);
  const docking = makeDockingId(random);
  custody.append({ event: 'docked', facts: { bay: 'bay-1', camera: CAMERA, docking } });
  for (const { recording, documents } of all) {
    const facts = { recording, manifest_sha256: sha256Hex(documents.manifestBytes) };
    custody.append({ event: 'pulled', facts: { recording, docking } });
    custody.append({ event: 'spooled', facts });
  }
  await custody.close();
  return { disk: disk.crash(disk.steps, 'everything'), all };
}

interface Rig {
  readonly spool: Spool;
  readonly custody: CustodyLog;
  /** Lets the dropping look once more. */
  readonly look: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A run so many days later. */
async function run(
  disk: CrashDisk,
  days: number,
  { synchronised = true, ...options }: Partial<SpoolOptions> & { synchronised?: boolean | null } = {},
): Promise<Rig> {
  const clock = new ManualClock();
  const wall = new TrustedWallClock(clock, () => synchronised);
  clock.jumpWall(days * DAY_MS);
  const { spool } = await openSpool(disk, { clock, ...options });
  const custody = await openCustody(disk, days);
  const { ledger } = custody;
  const dropping = new DocumentsDropping({
    spool,
    items: itemsAround({ custody, types: [recordingType(spool, disk, ledger)] }),
    ledger,
    clock,
    wall,
    log: new MemoryLog(),
    days: 400,
  });
  const ending = new AbortController();
  const running = dropping.run(ending.signal);
  const look = async (): Promise<void> => {
    await clock.advance(6 * 3_600_000);
    await settle(50);
  };
  const close = async (): Promise<void> => {
    ending.abort();
    await running;
    await custody.close();
    await spool.close();
  };
  return { spool, custody, look, close };
}

describe('documents of a released recording', () => {
  test('go when they are old, behind an entry of the log that names both; the end of the chain stays', async () => {
    const { disk, all } = await yearsAgo();
    const rig = await run(disk, 401);
    await rig.look();
    expect(all.map((each) => released(disk, each))).toEqual([0, 0, 4]);
    expect(disk.tree(`${ROOT}/staging`).size).toBe(0);
    expect(all.map(({ recording }) => rig.spool.stateOf(recording))).toEqual([
      undefined,
      undefined,
      'released',
    ]);
    await rig.close();
    const gone = all.slice(0, 2).map(({ recording, documents, receipt }) => ({
      recording,
      manifest_sha256: sha256Hex(documents.manifestBytes),
      receipt_sha256: sha256Hex(receipt.bytes),
    }));
    const entered = eventsOn(disk, 'spool-documents-dropped').map(({ facts }) => facts);
    expect(entered).toHaveLength(2); // of the same second: in any order
    expect(entered).toEqual(expect.arrayContaining(gone));
    const after = await openSpool(disk.crash(disk.steps, 'nothing'));
    expect(after.findings).toEqual([]);
    const last = all[2]?.documents.manifestBytes;
    expect(await after.spool.lastManifestSha256(CAMERA)).toBe(last && sha256Hex(last));
  });

  const reasons: [string, number, Parameters<typeof run>[2], ((disk: CrashDisk, of: string) => void)?][] = [
    ['that are not old yet', 399, {}],
    ['by a clock that is not synchronised', 401, { synchronised: false }],
    ['whose receipt no pinned key signed', 401, { storeKeys: [publicKeyOf(makeSecretKey(seededRandom(3)))] }],
    ['where no key of a store is known', 401, { storeKeys: [] }],
    [
      'whose receipt was altered',
      401,
      {},
      (disk, of) =>
        disk.corrupt(`${of}/receipt.json`, (bytes) => {
          bytes[150] = (bytes[150] ?? 0) ^ 1;
          return bytes;
        }),
    ],
    [
      'whose manifest was altered',
      401,
      {},
      (disk, of) =>
        disk.corrupt(`${of}/manifest.json.minisig`, (bytes) => {
          bytes[100] = (bytes[100] ?? 0) ^ 1;
          return bytes;
        }),
    ],
  ];
  for (const [what, days, options, harm] of reasons)
    test(`stay ${what}`, async () => {
      const { disk, all } = await yearsAgo();
      for (const { recording } of all) harm?.(disk, `${ROOT}/released/${recording}`);
      const rig = await run(disk, days, options);
      await rig.look();
      await rig.close();
      expect(all.map((each) => released(disk, each))).toEqual([4, 4, 4]);
      expect(eventsOn(disk, 'spool-documents-dropped')).toEqual([]);
    });

  test('stay as long as the camera shows the file, also when the rows were lost, and go when it does not any more', async () => {
    const { disk, all } = await yearsAgo();
    const [first] = all;
    if (first === undefined) throw new Error('one is needed');
    await disk.unlink(`${ROOT}/ledger.jsonl`);
    const rig = await run(disk, 300);
    await rig.spool.listed(CAMERA, [fileOf(first)], async () => undefined);
    await rig.close();
    const later = await run(disk, 500);
    await later.look();
    expect(all.map((each) => released(disk, each))).toEqual([4, 0, 4]);
    await later.spool.listed(CAMERA, [], async () => undefined);
    await later.look();
    expect(all.map((each) => released(disk, each))).toEqual([0, 0, 4]);
    await later.close();
  });

  test('that a camera shows go when that camera was not seen for as long', async () => {
    const { disk, all } = await yearsAgo();
    const rig = await run(disk, 300);
    await rig.spool.listed(CAMERA, all.map(fileOf), async () => undefined);
    await rig.close();
    const later = await run(disk, 701);
    await later.look();
    await later.close();
    expect(all.map((each) => released(disk, each))).toEqual([0, 0, 4]);
  });
});

describe('a cut at any call', () => {
  test('leaves each recording whole or gone, gone only behind its entry, and nothing that a start finds odd', async () => {
    const { disk, all } = await yearsAgo();
    const rig = await run(disk, 401);
    const from = disk.steps;
    await rig.look();
    await rig.close();
    expect(disk.steps - from).toBeGreaterThan(8);
    let gone = 0;
    for (let step = from; step <= disk.steps; step++)
      for (const survival of ['nothing', 'everything', 1] as const) {
        const after = disk.crash(step, survival);
        const { spool, findings } = await openSpool(after);
        await (await openCustody(after, 402)).close(); // cuts a torn line
        const logged = new Set(
          eventsOn(after, 'spool-documents-dropped').map(({ facts }) => facts['recording']),
        );
        for (const each of all) {
          const where = `${each.recording} at step ${step} ${disk.stepLabel(step)}, ${survival}`;
          const state = spool.stateOf(each.recording);
          expect(released(after, each), where).toBe(state === 'released' ? 4 : 0);
          if (state === undefined) expect(logged, where).toContain(each.recording);
          if (state === undefined) gone++;
        }
        expect(findings.filter(({ kind }) => kind !== 'discarded')).toEqual([]);
        expect(after.tree(`${ROOT}/staging`).size).toBe(0);
        await spool.close();
      }
    expect(gone).toBeGreaterThan(0);
  });
});
