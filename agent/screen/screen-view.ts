// What the dock's screen shows of this moment (SPEC 7.8): bays with their light, which camera to take, and which are out. Pure.
//
// Each value is picked by name. A camera is its alias; no person, id of a recording, name of a file or serial number has a place in it.
import { durationText } from '../../config/durations.ts';
import type { BayDocument } from '../../protocol/transfer/monitoring.ts';
import type { ShownCondition } from '../monitoring/condition-board.ts';
import {
  type ConditionKind,
  conditionKind,
  SEVERITIES,
  type Words,
  worstFirst,
} from '../monitoring/condition-table.ts';

/** A camera that came with so much needs no charging; it says its charge only as it is put in ... */
const CHARGED_PERCENT = 80;
/** ... and from a USB port any body camera is full after so long. */
const CHARGED_MS = 4 * 3_600_000;
/** Cameras that are out are named up to so many, the rest is counted; a screen has few lines. */
const OUT_MAX = 12;
/** Sentences on the whole station. */
const NOTES_MAX = 2;
/** Conditions whose remedies begin with what anybody can do at the dock; the others are for technicians and monitoring. */
const isForStaff = (code: string, { severity }: ConditionKind): boolean =>
  code === 'camera.battery-weak' || (code.startsWith('camera.') && SEVERITIES.indexOf(severity) <= 1);

/** What is known of this moment. */
export interface ScreenFacts {
  readonly bays: readonly {
    readonly document: BayDocument;
    /** Charge in percent that its camera named as it was put in. */
    readonly chargePercent: number | null;
  }[];
  readonly conditions: readonly Pick<ShownCondition, 'code' | 'standing'>[];
  /** Cameras in use that belong here, by alias, and when this station saw each last, in ms since 1970. */
  readonly lastSeen: Iterable<readonly [alias: string, atMs: number]>;
  readonly nowMs: number;
}

/** One bay of the screen. */
export interface ScreenBay {
  readonly bay: string;
  readonly light: BayDocument['light'];
  readonly camera: string | null;
  /** Of what is to be read from the camera, while it is read. */
  readonly percent: number | null;
  readonly left: Words | null;
  readonly charge_percent: number | null;
  /** The camera to take. */
  readonly next: boolean;
  /** What to do by a condition of the bay or its camera; null where the sentence of the light says it. */
  readonly todo: Words | null;
}

/** The document of the stream. */
export interface ScreenView {
  readonly bays: readonly ScreenBay[];
  /** Critical conditions of the whole station. */
  readonly notes: readonly Words[];
  /** The ones that went last come first. `since` is RFC 3339 UTC. */
  readonly out: readonly { readonly camera: string; readonly since: string }[];
  readonly out_more: number;
}

/** The view of these facts; the same facts give the same view, whatever time it is between two steps of a number. */
export function screenView({ bays, conditions, lastSeen, nowMs }: ScreenFacts): ScreenView {
  const shown = worstFirst(
    conditions.map(({ code, standing }) => ({ ...conditionKind(code), code, standing })),
  );
  const forStaff = shown.filter((each) => isForStaff(each.code, each));
  const about = ({ bay, camera }: BayDocument): ConditionKind | undefined =>
    forStaff.find(({ subject: kind, standing }) =>
      standing.some(({ subject }) => subject !== null && subject === (kind === 'bay' ? bay : camera)),
    );
  const next = bays
    .filter(({ document, chargePercent }) => isReady(document, chargePercent, nowMs))
    .filter(({ document }) => about(document) === undefined)
    .map(({ document: { bay, docked_at: dockedAt } }) => ({ bay, dockedAtMs: Date.parse(dockedAt ?? '') }))
    .toSorted((one, other) => one.dockedAtMs - other.dockedAtMs)[0];
  const docked = new Set(bays.map(({ document }) => document.camera));
  const out = [...lastSeen]
    .filter(([alias]) => !docked.has(alias))
    .toSorted(([, one], [, other]) => other - one)
    .map(([camera, atMs]) => ({ camera, since: new Date(atMs).toISOString() }));
  return {
    bays: bays.map(({ document, chargePercent }) => ({
      bay: document.bay,
      light: document.light,
      camera: document.camera,
      ...progress(document),
      charge_percent: document.light === 'off' ? null : chargePercent,
      next: document.bay === next?.bay,
      // A camera that is read is to stay, whatever else is wrong: one card must not say two things.
      todo: document.light === 'do-not-take' ? null : firstSentence(about(document)?.remedy),
    })),
    notes: shown
      .filter(({ subject, severity }) => subject === 'none' && severity === 'critical')
      .slice(0, NOTES_MAX)
      .map(({ text }) => text),
    out: out.slice(0, OUT_MAX),
    out_more: Math.max(0, out.length - OUT_MAX),
  };
}

/** The store has all of it, nothing is to be erased, and it is charged. */
function isReady(document: BayDocument, chargePercent: number | null, nowMs: number): boolean {
  const { light, state, docked_at: dockedAt } = document;
  const restedMs = nowMs - Date.parse(dockedAt ?? '');
  const isCharged = (chargePercent ?? 0) >= CHARGED_PERCENT ? restedMs >= 0 : restedMs >= CHARGED_MS;
  return light === 'safe-to-take' && state === 'done' && isCharged;
}

/** Staff waits for what is read; what goes to the store holds no camera back. */
function progress({ state, bytes, bytes_spooled: done, remaining_s: seconds }: BayDocument): {
  readonly percent: number | null;
  readonly left: Words | null;
} {
  if (state !== 'pulling') return { percent: null, left: null };
  const percent = bytes === 0 ? 0 : Math.floor((100 * Math.min(done, bytes)) / bytes);
  const left = seconds === null ? null : { en: durationText(seconds, 'en'), de: durationText(seconds, 'de') };
  return { percent, left };
}

/** A remedy begins with what anybody can do at the dock; what follows is for technicians. */
function firstSentence(remedy: Words | undefined): Words | null {
  if (remedy === undefined) return null;
  const first = (text: string): string => /^.*?[.!](?=\s|$)/s.exec(text)?.[0] ?? text;
  return { en: first(remedy.en), de: first(remedy.de) };
}
