// One life of a station in which the two halves of the way are measured apart: first there is no store, and everything goes from the cameras into
// the spool; then there are no cameras, and everything goes from the spool to its receipt.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pause, until } from '../fakes/until.ts';
import { sum, type Sample } from './figures.ts';
import { LoadWatch } from './load.ts';
import {
  dealOut,
  dockAll,
  openBenchRig,
  untilReceipts,
  verifyVault,
  type BenchRig,
} from './parties/bodydock-rig.ts';
import { ProcessUse } from './process-use.ts';
import { warm, type Work } from './work.ts';

const LOOK_MS = 5;
const NOTICED_MS = 60_000;

/** Both halves, from one life. */
export interface StageSamples {
  /** From the first byte that is taken to the last recording that is durable in the spool. */
  readonly seal: Sample;
  /** From the agent's word that it is ready to the last receipt. */
  readonly push: Sample;
}

/** Errors: what the programs failed with, wrong bytes; the signal's reason. */
export async function measureStages(work: Work, cameras: number, signal: AbortSignal): Promise<StageSamples> {
  const bench = await openBenchRig(false, { cameras, release: 'never' });
  const { rig } = bench;
  try {
    await dealOut(work, rig);
    await warm(work, signal);
    await rig.agent.start();
    const seal = await measureSeal(bench, work.files.length, signal);
    await rig.agent.stop();
    for (let number = 1; number <= cameras; number++) await rig.takeOut(number);
    await rig.receiver.start();
    const push = await measurePush(bench, work.files.length, signal);
    await rig.stop();
    await verifyVault(rig, work, signal);
    return { seal, push };
  } finally {
    await bench.close();
  }
}

async function measureSeal({ rig, broker }: BenchRig, count: number, signal: AbortSignal): Promise<Sample> {
  const staging = join(rig.spool, 'staging');
  const begun = async (): Promise<boolean> => (await readdir(staging).catch(() => [])).length > 0;
  const load = new LoadWatch();
  const use = new ProcessUse({ agent: rig.agent.pid ?? 0, broker: broker.pid ?? 0 });
  await dockAll(rig);
  await until('a sealing', NOTICED_MS, begun, () => rig.tails());
  const startedMs = performance.now();
  while ((await rig.spooled()).length < count) {
    if (signal.aborted || !rig.agent.running)
      throw new Error(`not all spooled when it ended\n${rig.tails()}`, { cause: signal.reason });
    await pause(LOOK_MS);
  }
  return sampleOf(startedMs, use, load);
}

async function measurePush({ rig, broker }: BenchRig, count: number, signal: AbortSignal): Promise<Sample> {
  await rig.agent.start();
  const load = new LoadWatch();
  const pids = { agent: rig.agent.pid ?? 0, broker: broker.pid ?? 0, receiver: rig.receiver.pid ?? 0 };
  const use = new ProcessUse(pids);
  const startedMs = performance.now();
  await untilReceipts(rig, count, signal);
  return sampleOf(startedMs, use, load);
}

function sampleOf(startedMs: number, use: ProcessUse, load: LoadWatch): Sample {
  const measured = { elapsedMs: performance.now() - startedMs, ...use.take() };
  return { measured, load: load.close(sum(measured.cpuSeconds)) };
}
