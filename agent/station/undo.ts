// What was opened, to be closed again in the reverse order: after use, or where a later part could not be opened.

/** Steps back, the last one first. */
export class Undo {
  readonly #steps: (() => Promise<void>)[] = [];

  /** Remembers how to close what was opened. */
  later(step: () => Promise<void>): void {
    this.#steps.push(step);
  }

  /** Closes everything; one that fails keeps none of the others open. Errors: the first failure, after all were tried. */
  async all(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop())
      await step().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}
