// What the two verifiers say of vaults: the one in Python, which knows SPEC.md alone, and `bodydock verify` as a user starts it.
// A verifier that crashes has judged nothing: that is an error, never a rejection.
import { execFile, spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { BODYDOCK, runProgram } from '../program.ts';
import { requireTool } from '../stock-tools.ts';

const PROJECT = new URL(import.meta.url.endsWith('.ts') ? '../../../' : '../../../../', import.meta.url);
const VERIFIER = fileURLToPath(new URL('test/verifier', PROJECT));
const JUDGING_MS = 300_000;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/** One thing that a verifier said. */
export interface Said {
  readonly code: string;
  readonly place: string;
  readonly detail: string;
}

/** Whether a vault is good, and all that was found. */
export interface Judgement {
  readonly good: boolean;
  readonly findings: readonly Said[];
}

/** What is judged with: public keys, and an age identity where payloads are to be opened. */
export interface Trust {
  readonly keys: string;
  readonly identity?: string | undefined;
  /** How old a word from outside on each log of a store may be, where one is asked for. */
  readonly outsideDays?: number | undefined;
}

export interface PythonSaid extends Judgement {
  readonly vault: string;
  readonly notes: readonly Said[];
  /** Up to when each log is fixed from outside, by its origin, in words. */
  readonly logs: Readonly<Record<string, string>>;
  /** Receipts, recordings and the log's words about them counted against each other, by station. */
  readonly stations: Readonly<
    Record<string, { readonly differences: readonly string[] } & Record<string, unknown>>
  >;
}

/** Codes of findings, each once, in order. */
export function codesOf({ findings }: Judgement): string[] {
  return [...new Set(findings.map(({ code }) => code))].sort();
}

/** The verifier in Python on several vaults, in their order. Errors: Error where it failed or could not begin. */
export async function judgeWithPython(vaults: readonly string[], trust: Trust): Promise<PythonSaid[]> {
  const { code, stdout, stderr } = await python([VERIFIER, ...vaults, ...argumentsOf(trust)]);
  return answers(vaults, code, { lines: stdout.split('\n').filter((line) => line !== ''), stderr });
}

/** The verifier in Python as a process that stays, for who asks about very many vaults: it remembers which signatures it has seen to hold. */
export class PythonJudge {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;

  /** Errors of its own go to the standard error of this process. */
  constructor() {
    this.#process = spawn(requireTool('python3'), [VERIFIER, '--questions'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#reader = createInterface({ input: this.#process.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** As judgeWithPython; one question after the other. */
  async judge(vaults: readonly string[], trust: Trust): Promise<PythonSaid[]> {
    this.#process.stdin.write(`${JSON.stringify([...vaults, ...argumentsOf(trust)])}\n`);
    const lines: string[] = [];
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error('the verifier ended before it had answered');
      if (/^[0-9]+$/.test(value)) return answers(vaults, Number(value), { lines, stderr: '' });
      lines.push(value);
    }
  }

  /** Ends the process. */
  close(): void {
    this.#process.stdin.end();
    this.#reader.close();
  }
}

function answers(
  vaults: readonly string[],
  code: number,
  { lines, stderr }: { readonly lines: readonly string[]; readonly stderr: string },
): PythonSaid[] {
  if (![0, 1, 3].includes(code)) throw new Error(`the verifier ended with ${code}: ${stderr}`);
  const said = lines.map((line) => JSON.parse(line) as PythonSaid);
  expectAll(
    vaults,
    said.map(({ vault }) => vault),
  );
  if (said.every(({ good }) => good) !== (code === 0))
    throw new Error(`the verifier says otherwise than its exit code ${code}`);
  return said;
}

/** Python's own tests of the verifier's parts; gives what they print. Errors: Error where one failed. */
export async function testPython(): Promise<string> {
  const { code, stderr } = await python([
    '-m',
    'unittest',
    'discover',
    '-s',
    `${VERIFIER}/tests`,
    '-t',
    VERIFIER,
  ]);
  if (code !== 0) throw new Error(stderr);
  return stderr;
}

/** `bodydock verify` on several vaults at once, in their order. */
export async function judgeWithProduct(vaults: readonly string[], trust: Trust): Promise<Judgement[]> {
  const asked = ['verify', ...vaults, ...argumentsOf(trust)];
  const { exitCode, stdout, stderr } = await runProgram(BODYDOCK, asked, { timeoutMs: JUDGING_MS });
  if (exitCode !== 0 && exitCode !== 1) throw new Error(`bodydock verify ended with ${exitCode}: ${stderr}`);
  const { folders } = JSON.parse(stdout) as { folders: readonly ProductSaid[] };
  expectAll(
    vaults,
    folders.map(({ folder }) => folder),
  );
  return folders.map(({ good, remarks }) => {
    const findings = remarks.filter(({ kind }) => kind === 'finding');
    return {
      good,
      findings: findings.map(({ code, where, message }) => ({ code, place: where, detail: message })),
    };
  });
}

/** Errors: Error where a verifier judged other vaults than it was asked about: then nothing that it said counts. */
function expectAll(asked: readonly string[], judged: readonly string[]): void {
  if (asked.length !== judged.length || asked.some((vault, at) => vault !== judged[at]))
    throw new Error(`${judged.length} vaults were judged, and ${asked.length} others were asked about`);
}

interface ProductSaid {
  readonly folder: string;
  readonly good: boolean;
  readonly remarks: readonly {
    readonly kind: string;
    readonly code: string;
    readonly where: string;
    readonly message: string;
  }[];
}

function argumentsOf({ keys, identity, outsideDays }: Trust): string[] {
  const opens = identity === undefined ? [] : ['--identity', identity];
  const asks = outsideDays === undefined ? [] : ['--require-outside', `${outsideDays}d`];
  return ['--keys', keys, ...opens, ...asks, '--json'];
}

function python(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const settings = { timeout: JUDGING_MS, maxBuffer: OUTPUT_BYTES_MAX };
  return new Promise((resolve, reject) => {
    execFile(requireTool('python3'), args, settings, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') resolve({ code, stdout, stderr });
      else reject(error ?? new Error('the verifier did not end by itself'));
    });
  });
}
