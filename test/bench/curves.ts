// The group `curves`: what a unit of work costs as there is more of it, as tables and as drawings.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  curveDocument,
  curveDrawings,
  curveFigures,
  curveText,
  type Curve,
  type CurveKind,
  type CurvePoint,
} from './curve.ts';
import { camerasCurve, FILE_COUNT, FILE_SIZE } from './curve-kinds.ts';
import { BACKLOG, CUSTODY } from './curve-starts.ts';
import { isDisturbed } from './load.ts';
import type { BenchOptions } from './options.ts';
import { disturbanceOf, type Outcome, type Progress } from './outcome.ts';

/** For `--only`. */
export const CURVES: readonly string[] = kinds(0).map(({ name }) => name);

function kinds(workMib: number): CurveKind[] {
  return [FILE_SIZE, camerasCurve(workMib), FILE_COUNT, BACKLOG, CUSTODY];
}

/** Errors: the signal's reason. What fails ends its own curve. */
export async function curvesGroup(
  options: Pick<BenchOptions, 'only' | 'quick' | 'workMib' | 'svgFolder'>,
  signal: AbortSignal,
  progress: Progress,
): Promise<Outcome> {
  const { only, quick, workMib, svgFolder } = options;
  const wanted = kinds(workMib).filter(({ name }) => only.length === 0 || only.includes(name));
  const curves: Curve[] = [];
  for (const kind of wanted) {
    const curve = await measureCurve(kind, quick ? kind.quickSizes : kind.sizes, signal, progress);
    await draw(curve, svgFolder);
    curves.push(curve);
  }
  const points = curves.flatMap((curve) => curve.points);
  return {
    text: `${curves.map(curveText).join('\n\n')}\n\nDrawn in ${svgFolder}`,
    document: { curves: curves.map(curveDocument) },
    figures: Object.assign({}, ...curves.map(curveFigures)) as Outcome['figures'],
    disturbance: disturbanceOf(points.map(({ othersShare }) => ({ disturbed: isDisturbed(othersShare) }))),
    good: curves.every(({ error }) => error === undefined),
  };
}

async function measureCurve(
  kind: CurveKind,
  sizes: readonly number[],
  signal: AbortSignal,
  progress: Progress,
): Promise<Curve> {
  const points: CurvePoint[] = [];
  const measure = await kind.open();
  try {
    for (const x of sizes) {
      progress(`${kind.name}: ${x} ${kind.xLabel}`);
      points.push({ x, ...(await measure.at(x, signal)) });
    }
    return { kind, points, error: undefined };
  } catch (error) {
    signal.throwIfAborted();
    return { kind, points, error: error instanceof Error ? error.message.slice(0, 600) : String(error) };
  } finally {
    await measure.close();
  }
}

async function draw(curve: Curve, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, document] of curveDrawings(curve)) await writeFile(join(folder, name), document);
}
