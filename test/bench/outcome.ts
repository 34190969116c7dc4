// What every group hands back: a text for people, a document for machines, and named figures that targets and an earlier run are compared with.

/** Figures by name, "bodydock.rate_mb_per_s": the unit is its end. NaN for what could not be measured. */
export type Figures = Readonly<Record<string, number>>;

/** How many measurements there were, and in how many of them others took too much of the machine. */
export interface Disturbance {
  readonly of: number;
  readonly disturbed: number;
}

/** The result of one group. */
export interface Outcome {
  readonly text: string;
  readonly document: Readonly<Record<string, unknown>>;
  readonly figures: Figures;
  readonly disturbance: Disturbance;
  /** False where something failed or delivered wrong bytes; never because it was slow. */
  readonly good: boolean;
}

/** What the caller shows while it goes on. */
export type Progress = (line: string) => void;

/** Of these shares that others used of the machine. */
export function disturbanceOf(reports: readonly { readonly disturbed: boolean }[]): Disturbance {
  return { of: reports.length, disturbed: reports.filter(({ disturbed }) => disturbed).length };
}
