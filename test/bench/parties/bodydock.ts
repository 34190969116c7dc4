// Ours: the compiled agent and receiver as processes of their own, with the files that a technician writes, and mosquitto with the drop-in that
// belongs to it. They run all day: what is measured is their second docking, from the cameras coming into their bays, and their being noticed is
// part of it.
import { ProcessUse } from '../process-use.ts';
import type { Work } from '../work.ts';
import {
  dealOut,
  dockAll,
  earlierDocking,
  openBenchRig,
  untilReceipts,
  verifyVault,
  type BenchRig,
} from './bodydock-rig.ts';
import type { Measured, Party, Repetition } from './party.ts';

/** For the docking before. */
const EARLIER_MS = 15 * 60_000;

export interface BodydockWish {
  readonly name: string;
  readonly title: string;
  /** The files are dealt out to this many cameras. */
  readonly cameras: number;
  /** TLS 1.3 with client certificates on both legs to the broker. */
  readonly tls: boolean;
}

export function bodydockParty({ name, title, cameras, tls }: BodydockWish): Party {
  const tools = ['mosquitto', ...(tls ? ['openssl'] : [])];
  return { name, title, tools, prepare: (work) => openRepetition(work, cameras, tls) };
}

/** Agent and receiver run; the cameras lie beside their bays. */
async function openRepetition(work: Work, cameras: number, tls: boolean): Promise<Repetition> {
  // Erasing takes hard links away, never the source.
  const bench = await openBenchRig(tls, { cameras, release: 'after-receipt' });
  const { rig } = bench;
  try {
    await rig.receiver.start();
    await rig.agent.start();
    const earlier = await earlierDocking(rig, work, AbortSignal.timeout(EARLIER_MS));
    await dealOut(work, rig);
    return repetitionOf(bench, work, earlier);
  } catch (error) {
    await bench.close();
    throw error;
  }
}

function repetitionOf(bench: BenchRig, work: Work, earlier: readonly string[]): Repetition {
  const { rig } = bench;
  return {
    run: (signal) => measure(bench, work, earlier, signal),
    verify: async (signal) => {
      await rig.stop();
      await verifyVault(rig, work, signal, earlier);
    },
    close: () => bench.close(),
  };
}

async function measure(
  { rig, broker }: BenchRig,
  work: Work,
  earlier: readonly string[],
  signal: AbortSignal,
): Promise<Measured> {
  const { agent, receiver } = rig;
  const use = new ProcessUse({ agent: agent.pid ?? 0, broker: broker.pid ?? 0, receiver: receiver.pid ?? 0 });
  const startedMs = performance.now();
  await dockAll(rig);
  await untilReceipts(rig, earlier.length + work.files.length, signal);
  return { elapsedMs: performance.now() - startedMs, ...use.take() };
}
