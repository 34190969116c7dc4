// Orders and evaluations at the desk of the office (SPEC 4.8, 4.18, 7.11): makes and lists orders as `bodydock-receiver hold` and `orders` do, looks
// at a document that a role signed in the browser as the receiver does, and leaves it in the vault for that to place. It has no key of the store.
import { readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import * as z from 'zod';
import type { ReceiverConfig } from '../../config/receiver-config.ts';
import { EVALUATION_BYTES_MAX } from '../../protocol/documents/evaluation.ts';
import { encodeLeft, type LeftDocument, leftName } from '../../protocol/documents/left-document.ts';
import { isKeyId } from '../../protocol/documents/key-documents.ts';
import { parsePublicKey } from '../../protocol/documents/minisign.ts';
import {
  type Order,
  ORDER_BYTES_MAX,
  parseOrder,
  reasonCodeSchema,
  type Role,
  SIGNATURE_CHARACTERS_MAX,
} from '../../protocol/documents/order.ts';
import { encodeUtf8, equalBytes } from '../../protocol/format/bytes.ts';
import { listIfThere } from '../../protocol/format/durable.ts';
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import { isRecordingId, isStationId } from '../../protocol/format/ids.ts';
import type { Clock, Files, Log, Random } from '../../protocol/format/ports.ts';
import { leaveInVault } from '../evidence/kit/disclosure.ts';
import { listedJson, madeJson } from '../receiver/cli/order-texts.ts';
import type { RetentionView } from '../receiver/retention/deps.ts';
import { type CheckedEvaluation, checkEvaluation } from '../receiver/retention/evaluations.ts';
import { type ListedOrder, listOrders } from '../receiver/retention/order-list.ts';
import { checkOrder, makeOrder } from '../receiver/retention/order-place.ts';
import { readOrderFolder } from '../receiver/retention/orders-read.ts';
import { underPolicy, type Unsettled } from '../receiver/retention/policies.ts';
import { VaultLayout } from '../receiver/vault/vault-layout.ts';
import type { RecordingName } from '../receiver/vault/vault.ts';

/** So long the one who signed waits for the receiver, which looks every few seconds. */
const PLACING_MS = 20_000;
const LOOK_MS = 200;

const signedSchema = z.strictObject({
  order: z.string().min(1).max(ORDER_BYTES_MAX),
  signature: z.string().min(1).max(SIGNATURE_CHARACTERS_MAX),
});
const evaluatedSchema = z.strictObject({
  evaluation: z.string().min(1).max(EVALUATION_BYTES_MAX),
  signature: z.string().min(1).max(SIGNATURE_CHARACTERS_MAX),
});
const wishSchema = z.strictObject({ verb: z.enum(['hold', 'unhold', 'delete']), reason: reasonCodeSchema });

/** What it needs of receiver.yaml. */
export type DeskStore = Pick<
  ReceiverConfig,
  'receiver' | 'vault' | 'keys' | 'stations' | 'retention' | 'roles' | 'evaluators'
>;

/** What the desk is made with. */
export interface DeskOrdersPorts {
  /** Absolute; holds the public key of the store. */
  readonly keysFolder: string;
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Ends the desk. */
  readonly signal: AbortSignal;
}

export class DeskOrders {
  readonly #deps: Unsettled<RetentionView>;
  #listing: Promise<readonly ListedOrder[]> | undefined;

  private constructor(deps: Unsettled<RetentionView>) {
    this.#deps = deps;
  }

  /** Errors: "desk.store-key", "key.malformed". */
  static async open(store: DeskStore, { keysFolder, ...ports }: DeskOrdersPorts): Promise<DeskOrders> {
    const { receiver, vault, retention, roles, evaluators, stations, keys } = store;
    const path = join(keysFolder, `${parse(keys.signingFile).name}.pub`);
    const text = await readFile(path, 'utf8').catch((cause: unknown) => {
      const message = `${path}, the public key of the store, cannot be read: put it there (\`bodydock keys show\`)`;
      throw new DockError('desk.store-key', message, { retry: 'person', cause });
    });
    return new DeskOrders({
      ...ports,
      receiver,
      retention,
      roles,
      evaluators,
      vaultPath: vault.path,
      layout: new VaultLayout(vault.path),
      publicKey: parsePublicKey(text),
      stations: new Map(stations.map(({ id, publicKeys }) => [id, publicKeys])),
    });
  }

  /** Those about a recording; without one all that wait for a signature. The vault is read once for all who ask meanwhile. Errors: the system's. */
  async list(about: RecordingName | undefined): Promise<Record<string, unknown>[]> {
    this.#listing ??= this.#settled()
      .then(async (deps) => (await listOrders(deps)).orders)
      .finally(() => (this.#listing = undefined));
    const found = await this.#listing;
    const isWanted = ({ order, needed, state }: ListedOrder): boolean =>
      about === undefined
        ? needed !== null && state !== 'over'
        : order.station === about.station && order.recording === about.recording;
    return found.filter(isWanted).map(listedJson);
  }

  /** The text of a new order, for two persons to sign. Errors: those of makeOrder. */
  async make(name: RecordingName, wish: Pick<Order, 'verb' | 'reason'>): Promise<Record<string, unknown>> {
    return madeJson(await makeOrder(await this.#settled(), { ...name, ...wish }));
  }

  /**
   * Takes an order that a role signed. `placed`: the vault has it with that signature; else it is left for the receiver, which has not placed it yet.
   * Errors: those of checkOrder; "disclosure.unwritable"; the system's.
   */
  async take(role: Role, signed: z.infer<typeof signedSchema>): Promise<{ order: Order; placed: boolean }> {
    const deps = await this.#settled();
    const bytes = encodeUtf8(signed.order);
    const order = parseOrder(bytes);
    const check = (): ReturnType<typeof checkOrder> => checkOrder(deps, bytes, { [role]: signed.signature });
    if ((await check()).fresh.length === 0) return { order, placed: true };
    const left = { role, document: signed.order, signature: signed.signature };
    const placed = await this.#leave(order.order, left, async () => {
      if (await this.#isPlaced(order, bytes, role)) return true;
      await check(); // says why the receiver did not take it
      return false;
    });
    return { order, placed };
  }

  /** Ids of the keys that evaluated a recording; what they said is not told, so that the next one says what he sees. Errors: the system's. */
  async evaluators(about: RecordingName): Promise<string[]> {
    const { files, layout } = this.#deps;
    const names = await listIfThere(files, layout.evaluations(about));
    return names.filter(isKeyId).toSorted();
  }

  /** Takes an evaluation, as `take` an order. Errors: those of checkEvaluation; "disclosure.unwritable"; the system's. */
  async takeEvaluation({
    evaluation: document,
    signature,
  }: z.infer<typeof evaluatedSchema>): Promise<Omit<CheckedEvaluation, 'isKnown'> & { placed: boolean }> {
    const deps = await this.#settled();
    const check = (): Promise<CheckedEvaluation> => checkEvaluation(deps, encodeUtf8(document), signature);
    const { evaluation, keyId, isKnown } = await check();
    const left = { role: 'evaluator', document, signature } as const;
    const id = `${evaluation.recording}.${keyId}`;
    const placed = isKnown || (await this.#leave(id, left, async () => (await check()).isKnown));
    return { evaluation, keyId, placed };
  }

  /** Leaves a document for the receiver, and waits until it is gone; false where that takes too long. Errors: those of `isPlaced`; "disclosure.unwritable"; the system's. */
  async #leave(
    id: string,
    left: Pick<LeftDocument, 'role' | 'document' | 'signature'>,
    isPlaced: () => Promise<boolean>,
  ): Promise<boolean> {
    const { files, clock, layout, signal } = this.#deps;
    const name = leftName(id, left.role);
    await leaveInVault(files, layout.root, name, encodeLeft({ type: 'left-document', version: 1, ...left }));
    const endMs = clock.monotonicMs() + PLACING_MS;
    while ((await files.stat(join(layout.disclosures, name))) !== undefined) {
      if (clock.monotonicMs() >= endMs) return false;
      await clock.sleep(LOOK_MS, signal);
    }
    if (await isPlaced()) return true;
    throw new Error(`the receiver refused ${name}: its journal says why`);
  }

  async #isPlaced({ station, order }: Order, bytes: Uint8Array, role: Role): Promise<boolean> {
    const folder = join(this.#deps.layout.orders(station), order);
    try {
      const read = await readOrderFolder(await this.#settled(), folder);
      return equalBytes(read.bytes, bytes) && read.signatures[role].kind === 'good';
    } catch (error) {
      if (isDockError(error, 'order.missing')) return false;
      throw error;
    }
  }

  #settled(): Promise<RetentionView> {
    return underPolicy(this.#deps);
  }
}

/** What a body must be; undefined where it is not. */
export function parseEvaluated(body: unknown): z.infer<typeof evaluatedSchema> | undefined {
  return evaluatedSchema.safeParse(body).data;
}

export function parseSigned(body: unknown): z.infer<typeof signedSchema> | undefined {
  return signedSchema.safeParse(body).data;
}

export function parseWish(query: URLSearchParams): z.infer<typeof wishSchema> | undefined {
  return wishSchema.safeParse(Object.fromEntries(query)).data;
}

/** The recording that a query names; null for none, undefined where it makes no sense. */
export function parseAbout(query: URLSearchParams): RecordingName | null | undefined {
  if (query.size === 0) return null;
  const { station = '', recording = '', ...others } = Object.fromEntries(query);
  return query.size === 2 &&
    Object.keys(others).length === 0 &&
    isStationId(station) &&
    isRecordingId(recording)
    ? { station, recording }
    : undefined;
}
