// What was opened, to be closed again in the reverse order: after use, or where a later part could not be opened. The names are those of ECMAScript's
// AsyncDisposableStack, which Node 20 lacks.

/** Steps back, the last one first. */
export class AsyncDisposableStack {
  readonly #steps: (() => Promise<unknown>)[] = [];

  /** Remembers how to close what was opened. */
  defer(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  /** Closes everything; one that fails keeps none of the others open. Errors: the first failure, after all were tried. */
  async disposeAsync(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop())
      await step().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}
