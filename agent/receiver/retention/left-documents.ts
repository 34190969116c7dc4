// Places what the desk of the office left in the vault, each signed by one role (SPEC 4.8.20): orders, as `--place` places one, and evaluations. The desk
// looks at each before it leaves it, and has neither the store's key nor a right to write where they lie: this is a running receiver's work.
//
// Invariants:
// 1. One is removed only once it is placed and has had its effect, or was refused for what it is; a refused one has changed nothing.
// 2. It waits for no round of retention: the vault's lock lets it in between two batches of deletions.
// 3. What cannot be read stays as it is, and is told with the disclosures (disclosures.ts).
import { join } from 'node:path';
import {
  isLeftName,
  LEFT_BYTES_MAX,
  type LeftDocument,
  parseLeft,
} from '../../../protocol/documents/left-document.ts';
import { encodeUtf8 } from '../../../protocol/format/bytes.ts';
import { listIfThere, readIfThere, unlinkIfThere } from '../../../protocol/format/durable.ts';
import { DockError, isMachineShort, systemCode } from '../../../protocol/format/errors.ts';
import { checkVaultThere } from '../vault/vault-id.ts';
import { DISCLOSURES_MAX, LEFT_AGAIN_MS, LEFT_MS, type RetentionDeps } from './deps.ts';
import { placeEvaluation } from './evaluations.ts';
import { effectOf } from './order-list.ts';
import { placeOrder } from './order-place.ts';
import { underPolicy, type Unsettled } from './policies.ts';

/** Whether a document is not taken for what it is, or for what has become of its recording: another attempt ends as this one. */
export function isRefused(error: unknown): error is DockError {
  return error instanceof DockError && /^(?:order|evaluation|document|canonical)\./.test(error.code);
}

export class LeftDocuments {
  readonly #deps: Omit<Unsettled<RetentionDeps>, 'signal'>;
  readonly #stop = new AbortController();
  #work: Promise<void> = Promise.resolve();
  #cancel = (): void => undefined;

  constructor(deps: Omit<Unsettled<RetentionDeps>, 'signal'>) {
    this.#deps = deps;
  }

  /** Begins. Nothing is waited for. */
  start(): void {
    this.#arm(LEFT_MS);
  }

  /** Resolves when nothing of it runs any more; what it did not place is placed after the next start. Never rejects. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the receiver stops'));
    this.#cancel();
    await this.#work;
  }

  #arm(ms: number): void {
    if (this.#stop.signal.aborted) return;
    this.#cancel = this.#deps.clock.after(ms, () => {
      this.#work = this.#go().then((isDone) => this.#arm(isDone ? LEFT_MS : LEFT_AGAIN_MS));
    });
  }

  /** False where one must wait. Never rejects. */
  async #go(): Promise<boolean> {
    const { log, ...rest } = this.#deps;
    const deps = { ...rest, log, signal: this.#stop.signal };
    let isDone = true;
    try {
      const names = (await listIfThere(deps.files, deps.layout.disclosures)).filter(isLeftName);
      if (names.length > 0) await checkVaultThere(deps.files, deps.layout, deps.vault);
      for (const name of names.toSorted().slice(0, DISCLOSURES_MAX))
        await takeLeft(deps, name).catch((error: unknown) => {
          if (this.#stop.signal.aborted) throw error;
          log.error('document that was left not placed yet', { name, error });
          isDone = false;
        });
    } catch (error) {
      if (this.#stop.signal.aborted) return true;
      log.error('documents that were left not looked at', { error });
      return false;
    }
    return isDone;
  }
}

/** Places one, does what it orders, and removes it. Errors: those of placeOrder and effectOf that another attempt may be without. */
export async function takeLeft(deps: Unsettled<RetentionDeps>, name: string): Promise<void> {
  const { files, layout, log } = deps;
  const left = await readLeft(deps, name);
  if (left === undefined || left === 'gone') return;
  const settled = await underPolicy(deps);
  const { role, document, signature } = left;
  const bytes = encodeUtf8(document);
  const placing =
    role === 'evaluator'
      ? placeEvaluation(settled, bytes, signature)
      : placeOrder(settled, bytes, { [role]: signature });
  const placed = await placing.catch((error: unknown) => {
    if (!isRefused(error)) throw error;
    log.warn('document that was left refused', { name, error });
    return undefined;
  });
  if (placed !== undefined && 'read' in placed) {
    const { order, verb, station, recording } = placed.read.order;
    log.info('order placed', { order, verb, station, recording, role });
    const { deleted } = await effectOf(settled, placed.read);
    for (const gone of deleted) log.info('recording deleted', { ...gone });
  } else if (placed !== undefined) {
    const { station, recording } = placed.evaluation;
    log.info('evaluation placed', { station, recording, key_id: placed.keyId });
  }
  await unlinkIfThere(files, join(layout.disclosures, name));
  await files.syncFolder(layout.disclosures);
}

/** Undefined where it cannot be read; `gone` where another process took it. Errors: those of a machine that is short of something. */
export async function readLeft(
  { files, layout }: Pick<RetentionDeps, 'files' | 'layout'>,
  name: string,
): Promise<LeftDocument | 'gone' | undefined> {
  try {
    const bytes = await readIfThere(files, join(layout.disclosures, name), LEFT_BYTES_MAX);
    return bytes === undefined ? 'gone' : parseLeft(bytes);
  } catch (error) {
    const isOfFile = systemCode(error) !== undefined && !isMachineShort(error);
    if (error instanceof DockError || isOfFile) return undefined;
    throw error;
  }
}
