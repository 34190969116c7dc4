// What a contract suite needs of a test runner, so that vitest and node:test both take the same files.

/** `test` of vitest or of node:test. Contracts assert with node:assert/strict, which both report. */
export interface ContractRunner {
  readonly test: (name: string, run: () => Promise<void> | void) => void;
}
