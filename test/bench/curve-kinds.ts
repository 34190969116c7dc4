// The curves through the whole pipeline: size of one file, number of files, number of cameras.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CurveKind, CurveMeasure, CurveValue } from './curve.ts';
import { sum, type Sample } from './figures.ts';
import { LoadWatch } from './load.ts';
import { bodydockParty } from './parties/bodydock.ts';
import { dockAll, openBenchRig, spaceBytes, untilEmpty, untilReceipts } from './parties/bodydock-rig.ts';
import { FILES } from './pipeline-group.ts';
import { measureOnce } from './pipeline.ts';
import { ProcessUse } from './process-use.ts';
import { putSparse } from './sparse-file.ts';
import { inBenchFolder, makeWork, requireSpace } from './work.ts';

const MIB = 1024 * 1024;
const SMALL_BYTES = 4096;
/** Most of a small recording is its documents, their folders and what the file system needs for each. */
const SMALL_ON_DISK_BYTES = 128 * 1024;
/** A file a tenth of a second, with room: behind it something hangs. */
const FILE_MS = 200;
const LIFE_MS = 15 * 60_000;

const nothing = (): Promise<void> => Promise.resolve();

/** The same for each amount of work: nothing is left of the one before. */
function afresh(at: CurveMeasure['at']): () => Promise<CurveMeasure> {
  return () => Promise.resolve({ at, close: nothing });
}

export const FILE_SIZE: CurveKind = {
  name: 'file-size',
  title: 'one file of growing size, from the docking to its receipt',
  xLabel: 'MiB',
  timeLabel: 's per GB',
  sizes: [1, 8, 64, 512, 2048, 8192],
  quickSizes: [1, 16, 64, 256],
  open: afresh((sizeMib, signal) => ofWork({ cameras: 1, files: 1, sizeMib }, signal)),
};

/** `totalMib` over all cameras. */
export function camerasCurve(totalMib: number): CurveKind {
  return {
    name: 'cameras',
    title: `${FILES} files, ${totalMib} MiB together, dealt out to a growing number of cameras`,
    xLabel: 'cameras',
    timeLabel: 's per GB',
    sizes: [1, 2, 4, 8, 16],
    quickSizes: [1, 2, 4],
    open: afresh((cameras, signal) => ofWork({ cameras, files: FILES, sizeMib: totalMib }, signal)),
  };
}

export const FILE_COUNT: CurveKind = {
  name: 'files',
  title: `a growing number of files of ${SMALL_BYTES} bytes on one camera, from the docking to the last receipt, then to the last one erased`,
  xLabel: 'files',
  timeLabel: 'ms per file',
  thenLabel: 'until the camera is empty',
  sizes: [1, 10, 100, 1000, 10_000, 100_000],
  quickSizes: [1, 10, 100],
  open: afresh(ofSmallFiles),
};

interface Amount {
  readonly cameras: number;
  readonly files: number;
  readonly sizeMib: number;
}

async function ofWork({ cameras, files, sizeMib }: Amount, signal: AbortSignal): Promise<CurveValue> {
  await requireSpace(tmpdir(), spaceBytes(sizeMib * MIB));
  return inBenchFolder(async (folder) => {
    const work = await makeWork(join(folder, 'source'), files, sizeMib, signal);
    const party = bodydockParty({ name: 'curve', title: 'curve', cameras, tls: false });
    const sample = await measureOnce(party, work, signal);
    return valueOf(sample, sample.measured.elapsedMs / 1000 / (work.sizeBytes / 1e9));
  });
}

async function ofSmallFiles(count: number, ending: AbortSignal): Promise<CurveValue> {
  await requireSpace(tmpdir(), count * SMALL_ON_DISK_BYTES);
  const signal = AbortSignal.any([ending, AbortSignal.timeout(LIFE_MS + count * FILE_MS)]);
  const bench = await openBenchRig(false, { cameras: 1, release: 'after-receipt' });
  const { rig, broker } = bench;
  try {
    await rig.takeOut();
    for (let at = 0; at < count; at++) {
      signal.throwIfAborted();
      const name = `KOD_${at}.MP4`;
      await putSparse(join(rig.drawer(), 'DCIM', name), join(rig.folder, name), SMALL_BYTES);
    }
    await rig.receiver.start();
    await rig.agent.start();
    const pids = { agent: rig.agent.pid ?? 0, broker: broker.pid ?? 0, receiver: rig.receiver.pid ?? 0 };
    const load = new LoadWatch();
    const use = new ProcessUse(pids);
    const startedMs = performance.now();
    await dockAll(rig);
    await untilReceipts(rig, count, signal);
    const receiptedMs = performance.now();
    await untilEmpty(rig, signal);
    const emptyMs = performance.now();
    const measured = { elapsedMs: receiptedMs - startedMs, ...use.take() };
    const sample = { measured, load: load.close(sum(measured.cpuSeconds)) };
    return {
      ...valueOf(sample, measured.elapsedMs / count),
      thenTime: (emptyMs - receiptedMs) / count,
    };
  } finally {
    await bench.close();
  }
}

function valueOf({ measured, load }: Sample, time: number): CurveValue {
  const { peakBytes } = measured;
  return {
    time,
    peakMib: Object.fromEntries(Object.entries(peakBytes).map(([name, bytes]) => [name, bytes / MIB])),
    othersShare: load.othersShare,
  };
}
