// Places the orders that the desk of the office left in the vault, each signed by one role (SPEC 4.8.20), as `--place` places one. The desk looks at
// an order before it leaves it, and has neither the store's key nor a right to write where orders lie: this is a running receiver's work.
//
// Invariants:
// 1. One is removed only once it is placed and has had its effect, or was refused for what it is; a refused one has changed nothing.
// 2. It waits for no round of retention: the vault's lock lets it in between two batches of deletions.
// 3. What cannot be read stays as it is, and is told with the disclosures (disclosures.ts).
import { join } from 'node:path';
import * as z from 'zod';
import { encodeDocument, parseDocument } from '../../../protocol/documents/document.ts';
import {
  isLeftOrderName,
  ORDER_BYTES_MAX,
  type Role,
  ROLES,
  SIGNATURE_CHARACTERS_MAX,
} from '../../../protocol/documents/order.ts';
import { encodeUtf8 } from '../../../protocol/format/bytes.ts';
import { listIfThere, readIfThere, unlinkIfThere } from '../../../protocol/format/durable.ts';
import { DockError, isMachineShort, systemCode } from '../../../protocol/format/errors.ts';
import { checkVaultThere } from '../vault/vault-id.ts';
import { DISCLOSURES_MAX, LEFT_AGAIN_MS, LEFT_MS, type RetentionDeps } from './deps.ts';
import { effectOf } from './order-list.ts';
import { placeOrder } from './order-place.ts';
import { underPolicy, type Unsettled } from './policies.ts';

const leftOrderSchema = z.strictObject({
  type: z.literal('left-order'),
  version: z.literal(1),
  role: z.enum(ROLES),
  /** Text of `order.json`, and of the role's minisign file. */
  order: z.string().max(ORDER_BYTES_MAX),
  signature: z.string().max(SIGNATURE_CHARACTERS_MAX),
});
export type LeftOrder = z.infer<typeof leftOrderSchema>;
/** What the desk takes, and what is around it here. */
const LEFT_ORDER_BYTES_MAX = 17 * 1024;

/** Its name in `.disclosures` of the vault. */
export function leftOrderName(order: string, role: Role): string {
  return `${order}.${role}.json`;
}

/** Canonical bytes of one that is left. Errors: "canonical.refused", "document.refused". */
export function encodeLeftOrder(left: LeftOrder): Uint8Array {
  return encodeDocument(leftOrderSchema, left);
}

/** Errors: "canonical.refused", "document.version", "document.refused". */
export function parseLeftOrder(bytes: Uint8Array): LeftOrder {
  return parseDocument(leftOrderSchema, bytes, LEFT_ORDER_BYTES_MAX);
}

/** Whether an order is not taken for what it is, or for what has become of its recording: another attempt ends as this one. */
export function isRefusedOrder(error: unknown): error is DockError {
  return error instanceof DockError && /^(?:order|document|canonical)\./.test(error.code);
}

export class LeftOrders {
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
      const names = (await listIfThere(deps.files, deps.layout.disclosures)).filter(isLeftOrderName);
      if (names.length > 0) await checkVaultThere(deps.files, deps.layout, deps.vault);
      for (const name of names.toSorted().slice(0, DISCLOSURES_MAX))
        await takeLeftOrder(deps, name).catch((error: unknown) => {
          if (this.#stop.signal.aborted) throw error;
          log.error('order that was left not placed yet', { name, error });
          isDone = false;
        });
    } catch (error) {
      if (this.#stop.signal.aborted) return true;
      log.error('orders that were left not looked at', { error });
      return false;
    }
    return isDone;
  }
}

/** Places one, does what it orders, and removes it. Errors: those of placeOrder and effectOf that another attempt may be without. */
export async function takeLeftOrder(deps: Unsettled<RetentionDeps>, name: string): Promise<void> {
  const { files, layout, log } = deps;
  const left = await readLeftOrder(deps, name);
  if (left === undefined || left === 'gone') return;
  const settled = await underPolicy(deps);
  const placing = placeOrder(settled, encodeUtf8(left.order), { [left.role]: left.signature });
  const placed = await placing.catch((error: unknown) => {
    if (!isRefusedOrder(error)) throw error;
    log.warn('order that was left refused', { name, error });
    return undefined;
  });
  if (placed !== undefined) {
    const { order, verb, station, recording } = placed.read.order;
    log.info('order placed', { order, verb, station, recording, role: left.role });
    const { deleted } = await effectOf(settled, placed.read);
    for (const gone of deleted) log.info('recording deleted', { ...gone });
  }
  await unlinkIfThere(files, join(layout.disclosures, name));
  await files.syncFolder(layout.disclosures);
}

/** Undefined where it cannot be read; `gone` where another process took it. Errors: those of a machine that is short of something. */
export async function readLeftOrder(
  { files, layout }: Pick<RetentionDeps, 'files' | 'layout'>,
  name: string,
): Promise<LeftOrder | 'gone' | undefined> {
  try {
    const bytes = await readIfThere(files, join(layout.disclosures, name), LEFT_ORDER_BYTES_MAX);
    return bytes === undefined ? 'gone' : parseLeftOrder(bytes);
  } catch (error) {
    const isOfFile = systemCode(error) !== undefined && !isMachineShort(error);
    if (error instanceof DockError || isOfFile) return undefined;
    throw error;
  }
}
