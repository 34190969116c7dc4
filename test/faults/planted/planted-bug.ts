// A bug as somebody could write it: one place of the code, changed. It is planted into a copy of the project, never into the project.

export interface PlantedBug {
  /** Short and stable: what is printed, and what `--only` takes. */
  readonly id: string;
  /** What is wrong with it. */
  readonly what: string;
  /** Path below the project. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly find: string;
  readonly put: string;
  /** Suites of the quick run that must catch it together: paths below test/, without ".test.ts". */
  readonly suites: readonly string[];
  /** An attack by whole programs that must catch it, too: a file below test/, without ".test.ts". */
  readonly attack?: string;
  /** The first major version of Node that shows it; every one unless said. */
  readonly nodeFrom?: number;
}

/** The text with the bug in it. Errors: where the place is not there exactly once. */
export function planted(text: string, { id, file, find, put }: PlantedBug): string {
  const parts = text.split(find);
  if (parts.length !== 2)
    throw new Error(`${id}: what is to be changed stands ${parts.length - 1} times in ${file}`);
  return parts.join(put);
}
