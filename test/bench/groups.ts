// The groups by name: what each measures with the options of the command line, as one outcome.
import { findTool } from '../fakes/stock-tools.ts';
import { CURVES, curvesGroup } from './curves.ts';
import { fairnessGroup } from './fairness.ts';
import { isDisturbed } from './load.ts';
import {
  measureMemory,
  MEMORY_PARTY,
  memoryDocument,
  memoryFigures,
  memorySizes,
  memoryText,
} from './memory.ts';
import type { BenchOptions, Group } from './options.ts';
import { disturbanceOf, type Outcome, type Progress } from './outcome.ts';
import { pipelineGroup } from './pipeline-group.ts';
import { allParties, missingTools } from './pipeline.ts';
import { measureSerial, serialDocument, serialFigures, serialSettings, serialText } from './serial.ts';
import { smallGroup } from './small.ts';
import { stagesGroup } from './stages.ts';
import { measureStation, stationDocument, stationFigures, stationSize, stationText } from './station.ts';
import { stationsGroup } from './stations.ts';
import { syncsGroup } from './syncs.ts';
import { measureUsb, usbDocument, usbFigures, usbGood, usbSettings, usbText } from './usb.ts';
import { measureVerify, verifyDocument, verifyFigures, verifySizes, verifyText } from './verify.ts';

type Measure = (options: BenchOptions, signal: AbortSignal, progress: Progress) => Promise<Outcome>;

/** Errors of each: those of the machine, such as too little disk; the signal's reason. */
export const MEASURES: Readonly<Record<Group, Measure>> = {
  pipeline: pipelineGroup,
  stages: stagesGroup,
  syncs: syncsGroup,
  fairness: fairnessGroup,
  stations: stationsGroup,
  small: smallGroup,
  curves: curvesGroup,
  memory,
  verify,
  usb,
  serial,
  station,
};

/** What is wrong with `--only`; undefined where nothing is. */
export function unknownNames({ groups, only }: BenchOptions): string | undefined {
  const names = groups.includes('curves') ? CURVES : allParties().map(({ name }) => name);
  const unknown = only.filter((name) => !names.includes(name));
  if (unknown.length === 0) return undefined;
  return `there is no ${unknown.join(', ')}: there are ${names.join(', ')}`;
}

async function memory(options: BenchOptions, signal: AbortSignal, progress: Progress): Promise<Outcome> {
  const missing = missingTools(MEMORY_PARTY);
  if (missing.length > 0) throw new Error(`not installed: ${missing.join(', ')}`);
  const outcome = await measureMemory(memorySizes(options.quick), signal, progress);
  return {
    text: memoryText(outcome),
    document: memoryDocument(outcome),
    figures: memoryFigures(outcome),
    disturbance: disturbanceOf(outcome.results.map(({ sample }) => sample.load)),
    good: outcome.error === undefined,
  };
}

async function verify(options: BenchOptions, signal: AbortSignal, progress: Progress): Promise<Outcome> {
  const results = await measureVerify(verifySizes(options.recordings), signal, progress);
  return {
    text: verifyText(results),
    document: verifyDocument(results),
    figures: verifyFigures(results),
    disturbance: disturbanceOf(results.map(disturbed)),
    good: results.every((result) => result.good),
  };
}

async function serial(options: BenchOptions, signal: AbortSignal, progress: Progress): Promise<Outcome> {
  if (findTool('socat') === undefined) throw new Error('not installed: socat');
  const results = await measureSerial(serialSettings(options.quick), signal, progress);
  return {
    text: serialText(results),
    document: serialDocument(results),
    figures: serialFigures(results),
    disturbance: disturbanceOf(results.map(disturbed)),
    good: results.every(({ good }) => good),
  };
}

async function usb(options: BenchOptions, signal: AbortSignal, progress: Progress): Promise<Outcome> {
  const settings = usbSettings(options.quick, options.repetitions);
  const results = await measureUsb(settings, signal, progress);
  return {
    text: usbText(results),
    document: usbDocument(results),
    figures: usbFigures(results),
    disturbance: disturbanceOf(results.map(disturbed)),
    good: usbGood(results),
  };
}

async function station(options: BenchOptions, signal: AbortSignal, progress: Progress): Promise<Outcome> {
  const result = await measureStation(stationSize(options.quick), signal, progress);
  return {
    text: stationText(result),
    document: stationDocument(result),
    figures: stationFigures(result),
    disturbance: disturbanceOf([disturbed(result)]),
    good: true,
  };
}

function disturbed({ othersShare }: { readonly othersShare: number }): { readonly disturbed: boolean } {
  return { disturbed: isDisturbed(othersShare) };
}
