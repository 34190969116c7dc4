// What the dialects of a recorder in memory have in common: what they know of it, and what it does with what they understood.
import type { Step } from './misdeeds.ts';

/** What is written about persons in a camera: it must be found nowhere. */
export const PERSON = {
  userId: 'USR-4711',
  userName: 'Erika Mustermann-Marker',
  departmentId: 'DEP-MARK-0815',
  departmentName: 'Ordnungsamt-Marker Nord',
} as const;

/** One request as a dialect understood it; "other" for what no dock has any business to send. */
export interface Heard {
  readonly step: Step | 'other';
  readonly password: string | undefined;
}

/** What goes back: bytes, or undefined for silence. */
export type Answer = Uint8Array | 'stall' | undefined;

/** The recorder, as its dialect sees it. */
export interface Speaker {
  readonly serial: string;
  readonly batteryPercent: number;
  isLoggedIn: boolean;
  takes(password: string): boolean;
  /** Notes a request and does what the test wants it to do wrong; else gives the answer. `no` is how this dialect refuses. */
  hear(heard: Heard, answer: () => Uint8Array, no: () => Uint8Array): Answer;
  /** It was told to show its disk. */
  change(): void;
}
