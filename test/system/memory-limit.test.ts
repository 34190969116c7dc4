// A file of a camera at which the agent runs out of memory, again and again, while a service manager starts it again (PRC-03): by the limit of
// its heap, and by that of a control group, as the unit's MemoryMax= makes one, where the kernel kills it. Two bays, the real receiver, the
// topics, both verifiers.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { parseDockingRecord, type DockingRecord } from '../../protocol/documents/docking-record.ts';
import { DockRig, STATION } from '../fakes/dock-rig.ts';
import { judgeWithBoth } from '../fakes/manipulations/judged.ts';
import { canLimitMemory, MemoryGroup } from '../fakes/memory-group.ts';
import { BODYDOCK, runProgram } from '../fakes/program.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { pause, until } from '../fakes/until.ts';

const PLANTED = fileURLToPath(new URL('../fakes/hungry-file.mjs', import.meta.url));
const HEAP_MIB = 64;
/** Some 125 MiB are what the agent takes at rest. */
const GROUP_MIB = 320;
const MIB = 1024 * 1024;
const WAIT_MS = 240_000;
const TEST_MS = 600_000;
const RESTART_MS = 100;
const CODE = 'camera.set-aside';
const HUNGRY = 'DCIM/HUNGRY.MP4';

/** Starts the agent, and again whenever it ends, as systemd would; the returned function lets it end in order. */
function keepRunning(rig: DockRig): () => Promise<void> {
  const ending = new AbortController();
  const run = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      rig.agent.launch();
      await rig.agent.ended();
      if (!ending.signal.aborted) await pause(RESTART_MS);
    }
  };
  const running = run();
  return async () => {
    ending.abort();
    await rig.agent.stop();
    await running;
  };
}

/** The docking record of bay 1 that tells of a file that waits, once the vault has it. */
async function waitingRecord(rig: DockRig): Promise<DockingRecord | undefined> {
  for (const name of await rig.receiptedDockings()) {
    const record = parseDockingRecord(await readFile(join(rig.vault, STATION, name, 'docking.json')));
    if (record.bay === 'bay-1' && record.ended === 'unplugged') return record;
  }
  return undefined;
}

/** A limit: what the agent is started with, and what shows that it was this one that ended it, so often. */
interface Limit {
  readonly environment: Readonly<Record<string, string>>;
  readonly check: (rig: DockRig, times: number) => Promise<void> | void;
}

const LIMITS: readonly (readonly [name: string, isHere: boolean, make: () => Promise<Limit>])[] = [
  ['its heap', true, async () => heapLimit()],
  ['its control group', canLimitMemory(), groupLimit],
];

function heapLimit(): Limit {
  return {
    environment: { NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB} --import ${PLANTED}` },
    check: (rig, times) => expect(rig.agent.log().match(/heap out of memory/g)).toHaveLength(times),
  };
}

async function groupLimit(): Promise<Limit> {
  const group = await MemoryGroup.open(GROUP_MIB * MIB);
  onTestFinished(() => group.close());
  return {
    environment: {
      NODE_OPTIONS: `--max-old-space-size=${8 * GROUP_MIB} --import ${PLANTED}`,
      BODYDOCK_MEMORY_GROUP: group.processes,
    },
    check: async (_, times) => expect(await group.kills()).toBe(times),
  };
}

describe.skipIf(lacksTools('age', 'minisign', 'python3')).each(LIMITS)(
  'the memory limit of %s',
  (_, isHere, make) => {
    test.skipIf(!isHere)(
      'that one file of a camera hits ends the agent three times; then the file is set aside, all else is stored and erased, and it can come back',
      async () => {
        const folder = await mkdtemp(join(tmpdir(), 'bodydock-hungry-'));
        onTestFinished(() => rm(folder, { recursive: true }));
        const ends = join(folder, 'ends');
        const limit = await make();
        const rig = await DockRig.open({
          cameras: 2,
          agentEnvironment: { ...limit.environment, BODYDOCK_HUNGRY: ends },
        });
        onTestFinished(() => rig.close());
        const bytes = (seed: number): Uint8Array => seededRandom(seed).bytes(100_000 + seed);
        for (const [at, name] of ['DCIM/A.MP4', HUNGRY, 'DCIM/Z.MP4'].entries())
          await rig.put(1, name, bytes(at));
        for (const [at, name] of ['DCIM/A.MP4', 'DCIM/SLOW.MP4', 'DCIM/Z.MP4'].entries())
          await rig.put(2, name, bytes(10 + at));
        await rig.receiver.start();
        const view = await rig.view();
        await view.watchConditions();
        const stop = keepRunning(rig);

        await until(
          `${CODE} shown`,
          WAIT_MS,
          () => view.conditions.has(CODE),
          () => rig.tails(),
        );
        await rig.untilEmptied(2, WAIT_MS);
        await until(
          'the others of its camera erased',
          WAIT_MS,
          async () => (await rig.filesOn(1)) === 1,
          () => rig.tails(),
        );
        expect((await readFile(ends, 'utf8')).split('\n')).toHaveLength(3 + 1);
        await limit.check(rig, 3);
        expect(view.conditions.get(CODE)).toMatchObject({
          severity: 'error',
          subjects: [{ subject: 'bay-1', facts: { entries: 1 } }],
        });
        await rig.untilBay(
          1,
          'a person is called',
          WAIT_MS,
          ({ light, entries_waiting: waiting }) => light === 'call-someone' && waiting === 1,
        );
        expect(await told(rig)).toMatchObject({
          set_aside: 1,
          entries: expect.arrayContaining([
            expect.objectContaining({
              bay: 'bay-1',
              path_sha256: sha256Hex(Buffer.from(HUNGRY)),
              broken_off: 3,
              set_aside: true,
            }),
          ]),
        });

        await rig.takeOut(1);
        const record = await until(
          'its record',
          WAIT_MS,
          () => waitingRecord(rig),
          () => rig.tails(),
        );
        expect(record.entries.filter(({ fate }) => fate === 'waiting')).toEqual([
          expect.objectContaining({
            path_sha256: sha256Hex(Buffer.from(HUNGRY)),
            reason: 'agent-failed',
            erased: false,
          }),
        ]);
        await until(`${CODE} over`, WAIT_MS, () => !view.conditions.has(CODE));
        await rig.putBack(1);
        await until(
          `${CODE} shown again`,
          WAIT_MS,
          () => view.conditions.has(CODE),
          () => rig.tails(),
        );

        await writeFile(`${ends}.fed`, '');
        const again = await runProgram(BODYDOCK, ['spool', 'tries', '--again', '--config', rig.stationFile]);
        expect([again.exitCode, again.stderr]).toEqual([0, '']);
        await rig.untilEmptied(1, WAIT_MS);
        await until(
          `${CODE} over`,
          WAIT_MS,
          () => !view.conditions.has(CODE),
          () => rig.tails(),
        );
        expect(await told(rig)).toMatchObject({ set_aside: 0, again: false, entries: [] });
        await stop();
        await rig.receiver.stop();
        expect((await readFile(ends, 'utf8')).split('\n')).toHaveLength(3 + 1);
        expect(rig.check()).toMatchObject({ problems: [], recordings: 6, onCameras: 0, onlyInSpool: 0 });
        const [judged] = await judgeWithBoth([rig.vault], { keys: rig.keys });
        expect([judged?.product.findings, judged?.python.findings]).toEqual([[], []]);
      },
      TEST_MS,
    );
  },
);

/** What the technician's command says. */
async function told(rig: DockRig): Promise<unknown> {
  const { stdout } = await runProgram(BODYDOCK, ['spool', 'tries', '--json', '--config', rig.stationFile]);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}
