// Ours: the compiled agent and receiver as processes of their own, with the files that a technician writes, and a stock mosquitto. Both run all
// day: what is measured begins with the cameras coming into their bays, and their being noticed is part of it.
import { ProcessUse } from '../process-use.ts';
import type { Work } from '../work.ts';
import { dealOut, dockAll, openBenchRig, untilReceipts, verifyVault, type BenchRig } from './bodydock-rig.ts';
import type { Measured, Party, Repetition } from './party.ts';

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
    await dealOut(work, rig);
    await rig.receiver.start();
    await rig.agent.start();
  } catch (error) {
    await bench.close();
    throw error;
  }
  return {
    run: (signal) => measure(bench, work, signal),
    verify: async (signal) => {
      await rig.stop();
      await verifyVault(rig, work, signal);
    },
    close: () => bench.close(),
  };
}

async function measure({ rig, broker }: BenchRig, work: Work, signal: AbortSignal): Promise<Measured> {
  const { agent, receiver } = rig;
  const use = new ProcessUse({ agent: agent.pid ?? 0, broker: broker.pid ?? 0, receiver: receiver.pid ?? 0 });
  const startedMs = performance.now();
  await dockAll(rig);
  await untilReceipts(rig, work.files.length, signal);
  return { elapsedMs: performance.now() - startedMs, ...use.take() };
}
