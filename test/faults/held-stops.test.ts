// Programs that are asked to end while something holds them: a disk, a mount, a broker or an output that answers nothing, their own start, a
// second signal. They end in time by themselves, and the next start goes on.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test, type TestContext } from 'vitest';
import { DockRig } from '../fakes/dock-rig.ts';
import { Mosquitto } from '../fakes/mosquitto.ts';
import { pointTried } from '../fakes/points.ts';
import { compiled, type Program } from '../fakes/program.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { findTool, lacksTools } from '../fakes/stock-tools.ts';
import { pause, until } from '../fakes/until.ts';
import { SIDES, type Side } from './sides.ts';
import { StopLibrary, type StopPoint } from './whole-stops-points.ts';
import { takesShare } from '../fakes/share-of-run.ts';

const isCi = process.env['CI'] !== undefined;
const lacking = lacksTools('mosquitto') || (findTool('gcc') === undefined && !isCi);
/** TimeoutStopSec of both units. */
const UNIT_STOP_MS = 45_000;
const DELIVERED_MS = 120_000;
const SIZES = [2_500_000, 40_000, 0];

/** Does it when the test is over. */
type Later = TestContext['onTestFinished'];

interface Held {
  readonly rig: DockRig;
  readonly broker: Mosquitto;
  readonly environment: Record<string, string>;
}

async function openHeld(later: Later, side: Side, output?: string): Promise<Held> {
  const broker = await Mosquitto.open();
  later(() => broker.stop());
  const environment: Record<string, string> = {};
  const own = side === 'agent' ? { agentEnvironment: environment } : { receiverEnvironment: environment };
  const rig = await DockRig.open({
    broker,
    ...own,
    ...(output !== undefined && { output: { device: output } }),
  });
  later(() => rig.close());
  for (const [at, sizeBytes] of SIZES.entries())
    await rig.put(1, `DCIM/${at}.MP4`, seededRandom(at + 1).bytes(sizeBytes));
  return { rig, broker, environment };
}

/** Its exit code, null where a signal ended it. Errors: it did not end by itself, in time. */
async function expectEnd(rig: DockRig, program: Program): Promise<number | null> {
  pointTried();
  await until(
    'an end',
    UNIT_STOP_MS,
    () => !program.running,
    () => rig.tails(),
  );
  return program.ended();
}

function signal(program: Program, name: NodeJS.Signals): void {
  if (program.pid !== undefined) process.kill(program.pid, name);
}

async function expectDelivered(rig: DockRig): Promise<void> {
  for (const program of [rig.receiver, rig.agent]) if (!program.running) await program.start();
  await rig.untilEmptied(1, DELIVERED_MS);
  await rig.stop();
  const { problems, recordings, onCameras } = rig.check([], false);
  expect({ problems, recordings, onCameras }).toEqual({
    problems: [],
    recordings: SIZES.length,
    onCameras: 0,
  });
}

/** Starts all, with the program held at that call and all behind it. */
async function startHeld(
  later: Later,
  { rig, environment }: Held,
  side: Side,
  where: Readonly<{ root: string; point: StopPoint }>,
) {
  const library = await StopLibrary.build();
  later(() => library.remove());
  Object.assign(environment, library.environment(where.root, where.point, true), { CUT_MORE: 'open' });
  const starting = rig[side].start();
  for (const key of Object.keys(environment)) delete environment[key];
  await Promise.all([starting, rig[side === 'agent' ? 'receiver' : 'agent'].start()]).catch(() => undefined);
  await until(
    'the call',
    DELIVERED_MS,
    () => library.wasHit(),
    () => rig.tails(),
  );
}

describe.skipIf(lacking || takesShare)('a program that is asked to end', () => {
  test.for([
    ['agent', 'write spool/custody/*.jsonl', 3],
    ['agent', 'write spool/staging/*/payload.age', 1],
    ['agent', 'fsync spool/staging/*/payload.age', 1],
    ['receiver', 'write vault/.incoming/townhall-#/*/payload.age', 1],
    ['receiver', 'rename vault/townhall-#/*/receipt.json', 1],
  ] as const)(
    'while the disk of the %s hangs at "%s" %i ends in time',
    async ([side, what, number], { onTestFinished: later }) => {
      const held = await openHeld(later, side);
      await startHeld(later, held, side, { root: held.rig.folder, point: { kind: 'call', what, number } });
      // By SIGTERM, or with 0 where no thread was held.
      expect([0, null]).toContain(await expectEnd(held.rig, held.rig[side]));
      await expectDelivered(held.rig);
    },
  );

  test('while a mount of a camera hangs ends in time', async ({ onTestFinished: later }) => {
    const held = await openHeld(later, 'agent');
    const root = join(held.rig.folder, 'bays');
    const point: StopPoint = { kind: 'call', what: 'open #/DCIM/#.MP#', number: 1 };
    await startHeld(later, held, 'agent', { root, point });
    expect(await expectEnd(held.rig, held.rig.agent)).toBe(null);
    await expectDelivered(held.rig);
  });

  test('while the broker hangs ends in time, with 0', async ({ onTestFinished: later }) => {
    const { rig, broker } = await openHeld(later, 'agent');
    await rig.start();
    await rig.untilReceipted(1, DELIVERED_MS);
    broker.pause();
    for (const side of SIDES) signal(rig[side], 'SIGTERM');
    for (const side of SIDES) expect(await expectEnd(rig, rig[side])).toBe(0);
    broker.resume();
    await expectDelivered(rig);
  });

  test.for(SIDES)(
    'while nobody takes the output of the %s ends in time',
    async (side, { onTestFinished: later }) => {
      const { rig } = await openHeld(later, side, await fullPipe(later));
      await rig.start();
      await pause(1000);
      signal(rig[side], 'SIGTERM');
      expect(await expectEnd(rig, rig[side])).toBe(0);
      for (const program of [rig.agent, rig.receiver]) await program.kill();
    },
  );

  test.for(SIDES)(
    'while the %s starts ends in time, with 0 or by that signal',
    async (side, { onTestFinished: later }) => {
      const { rig } = await openHeld(later, side);
      for (const ms of [0, 40, 80, 120, 160, 240, 320, 480, 640, 960, 1280, 2560]) {
        rig[side].launch();
        await pause(ms);
        signal(rig[side], 'SIGTERM');
        expect([0, null]).toContain(await expectEnd(rig, rig[side]));
      }
      await expectDelivered(rig);
    },
  );

  test.for([
    ['agent', ['SIGINT'], [0]],
    ['receiver', ['SIGINT'], [0]],
    ['agent', ['SIGTERM', 'SIGTERM'], [0, null]],
    ['receiver', ['SIGTERM', 'SIGTERM'], [0, null]],
    ['agent', ['SIGINT', 'SIGTERM'], [0]],
    ['receiver', ['SIGTERM', 'SIGINT'], [0]],
  ] as const)('%s by %j ends in time', async ([side, names, codes], { onTestFinished: later }) => {
    const { rig } = await openHeld(later, side);
    await rig.start();
    await rig.untilReceipted(1, DELIVERED_MS);
    for (const name of names) {
      signal(rig[side], name);
      await pause(20);
    }
    expect(codes).toContain(await expectEnd(rig, rig[side]));
    await expectDelivered(rig);
  });
});

/** Path of a pipe that takes nothing more, and whose writers wait for ever. */
async function fullPipe(later: Later): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-pipe-'));
  later(() => rm(folder, { recursive: true }));
  const path = join(folder, 'full');
  execFileSync('mkfifo', [path]);
  const end = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  later(() => closeSync(end));
  for (const sizeBytes of [65_536, 4096, 1])
    try {
      for (;;) writeSync(end, Buffer.alloc(sizeBytes));
    } catch {
      // Full, for writes of this size.
    }
  return path;
}

/** Runs these statements below `exitSoon` in a process of their own: how it ended. */
async function exitOf(statements: string): Promise<readonly [number | null, string | null]> {
  const [exit, thread] = ['exit-soon', 'worker-thread'].map(
    (name) => pathToFileURL(compiled(`agent/platform/${name}.js`)).href,
  );
  const imports = `import { exitSoon } from '${exit}'; import { startWorker } from '${thread}'; import fs from 'node:fs';`;
  const words = ['--input-type=module', '-e', `${imports}\n${statements}\nexitSoon(0);`];
  const [code, name] = (await once(spawn(process.execPath, words, { stdio: 'inherit' }), 'exit')) as [
    number | null,
    string | null,
  ];
  return [code, name];
}

describe.concurrent('a process that ends soon', () => {
  test('is held by nothing that only waits, and ends with its code', async () => {
    expect(await exitOf('setInterval(() => undefined, 1000);')).toEqual([0, null]);
  });

  test('ends by SIGTERM where a call never comes back', async ({ onTestFinished: later }) => {
    const pipe = JSON.stringify(await emptyPipe(later));
    expect(await exitOf(`fs.open(${pipe}, 'r', () => undefined);`)).toEqual([null, 'SIGTERM']);
  });

  test('... or where a worker is held in one', async ({ onTestFinished: later }) => {
    const pipe = await emptyPipe(later);
    const folder = join(pipe, '..');
    await writeFile(join(folder, 'held.js'), `require('fs').openSync(${JSON.stringify(pipe)});`);
    const caller = JSON.stringify(pathToFileURL(join(folder, 'caller.js')).href);
    const worker = `const worker = startWorker(${caller}, './held', {});`;
    expect(await exitOf(`${worker} setTimeout(() => worker.terminate(), 300);`)).toEqual([null, 'SIGTERM']);
  });
});

/** Path of a pipe that nobody writes to: opening it waits for ever. */
async function emptyPipe(later: Later): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-pipe-'));
  later(() => rm(folder, { recursive: true }));
  const path = join(folder, 'empty');
  execFileSync('mkfifo', [path]);
  return path;
}
