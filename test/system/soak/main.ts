// `npm run test:soak`: a dock and its store live through troubles for some time. Prints a line a round and one line of figures; ends with 1
// where something was lost, doubled, or grew.
import { join } from 'node:path';
import { AsyncDisposableStack } from '../../../agent/platform/disposable-stack.ts';
import { DockRig } from '../../fakes/dock-rig.ts';
import { Mosquitto } from '../../fakes/mosquitto.ts';
import { optionsOrCode } from '../../fakes/options-or-code.ts';
import { SeededRandom } from '../../fakes/random-seeded.ts';
import { SmallDisk } from '../../fakes/small-disk.ts';
import { requireTool } from '../../fakes/stock-tools.ts';
import { TcpProxy } from '../../fakes/tcp-proxy.ts';
import { Growth, ROUNDS_MIN, type Holding } from './growth.ts';
import { INSPECTED } from './live-heap.ts';
import { HELP, parseOptions, type SoakOptions } from './options.ts';
import { Rounds } from './round.ts';
import type { TroubleSpots } from './troubles.ts';

const CAMERAS = 3;
const DISK_MIB = 400;
const MINUTE_MS = 60_000;
const MIB = 1024 * 1024;

async function main(args: readonly string[]): Promise<number> {
  const options = optionsOrCode(() => parseOptions(args), HELP);
  if (typeof options === 'number') return options;
  for (const tool of ['mosquitto', 'age', 'minisign']) requireTool(tool);
  const closing = new AsyncDisposableStack();
  try {
    return await soak(options, await openSpots(closing));
  } finally {
    await closing.disposeAsync();
  }
}

async function openSpots(closing: AsyncDisposableStack): Promise<TroubleSpots> {
  const disk = process.getuid?.() === 0 ? await SmallDisk.mount(DISK_MIB) : undefined;
  if (disk !== undefined) closing.defer(() => disk.close());
  const broker = await Mosquitto.open();
  closing.defer(() => broker.stop());
  const line = await TcpProxy.open(broker.port);
  closing.defer(() => line.close());
  const rig = await DockRig.open({
    cameras: CAMERAS,
    broker,
    keepHours: 0,
    agentPort: async () => line.port,
    agentEnvironment: INSPECTED,
    receiverEnvironment: INSPECTED,
    ...(disk !== undefined && { spoolFolder: join(disk.path, 'spool') }),
  });
  closing.defer(() => rig.close());
  return { rig, broker, line, disk };
}

async function soak({ minutes, seed }: SoakOptions, spots: TroubleSpots): Promise<number> {
  const { rig } = spots;
  console.log(
    `soak of ${minutes} minutes, seed ${seed}${spots.disk === undefined ? ', without a disk of its own' : ''}`,
  );
  await rig.start();
  const rounds = new Rounds(spots, new SeededRandom(seed));
  const growth = new Growth(rig);
  const startedMs = performance.now();
  let count = 0;
  while (performance.now() - startedMs < minutes * MINUTE_MS || count < ROUNDS_MIN) {
    await rounds.round();
    const { agent, receiver } = await growth.look();
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    console.log(
      `round ${++count}, ${seconds} s: ${rounds.recordings} recordings; agent ${tell(agent)}; receiver ${tell(receiver)}`,
    );
  }
  await rig.stop();
  const report = rig.check();
  const problems = [...report.problems, ...growth.problems(), ...faults(rig)];
  if (report.recordings !== rounds.recordings)
    problems.push(`${rounds.recordings} recordings were made and ${report.recordings} are in the vault`);
  if (report.onCameras > 0) problems.push(`${report.onCameras} recordings are left on cameras`);
  for (const problem of problems) console.error(`problem: ${problem}`);
  const troubles = [...rounds.troubles].map(([name, times]) => `${name} ${times}`).join(', ');
  const slopes = (['agent', 'receiver'] as const).map(
    (party) => `${party} ${(growth.slope(party) / 1024).toFixed(0)} KiB`,
  );
  console.log(
    `soak: ${count} rounds, ${rounds.recordings} recordings once in the vault, ${report.dockings} dockings, ${rounds.moves} moves; ` +
      `troubles: ${troubles}; growth a round: ${slopes.join(', ')}; problems: ${problems.length} (seed ${seed})`,
  );
  return problems.length === 0 ? 0 : 1;
}

function faults(rig: DockRig): string[] {
  return [rig.agent, rig.receiver].flatMap((program) =>
    /internal error, exiting|MaxListenersExceeded|Cannot parse/.test(program.log())
      ? [`${program.logFile}: a fault stands in the log: ${program.log().slice(-2000)}`]
      : [],
  );
}

function tell({ heapBytes, bufferBytes, residentBytes, handles, threads }: Holding): string {
  const mib = (bytes: number): string => (bytes / MIB).toFixed(1);
  return `heap ${mib(heapBytes)} MiB, buffers ${mib(bufferBytes)} MiB, resident ${mib(residentBytes)} MiB, ${handles} handles, ${threads} threads`;
}

process.exitCode = await main(process.argv.slice(2));
