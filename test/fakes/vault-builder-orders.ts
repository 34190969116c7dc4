// For the vault builder: orders of the two roles (SPEC 4.8) and evaluations (SPEC 4.18), really signed, and entered into the store's log.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { evaluationQuestions } from '../../config/questions.ts';
import {
  encodeEvaluation,
  EVALUATION_TRUSTED_COMMENT,
  type Evaluation,
} from '../../protocol/documents/evaluation.ts';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { makeSessionId } from '../../protocol/format/ids.ts';
import { keyIdHex, makeSecretKey, signDocument, type SecretKey } from '../../protocol/documents/minisign.ts';
import {
  encodeOrder,
  ORDER_TRUSTED_COMMENT,
  ROLES,
  type Order,
  type Role,
} from '../../protocol/documents/order.ts';
import type { Random } from '../../protocol/format/ports.ts';
import { seededRandom } from './random-seeded.ts';
import type { BuiltRecording } from './vault-builder-recordings.ts';
import { writeSigned } from './vault-builder-signed.ts';
import type { StoreBuilder } from './vault-builder-store.ts';

/** What is ordered; all but the verb has a default. */
export interface OrderWish {
  readonly verb: Order['verb'];
  readonly reason?: string;
  /** Roles whose signature is there; the second one may come later, with `sign`. Default: both. */
  readonly roles?: readonly Role[];
  readonly change?: (order: Order) => Order;
}

/** An order in the vault. */
export interface BuiltOrder {
  readonly order: Order;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly folder: string;
}

/** Keys of two evaluators. */
export const EVALUATORS = [4712, 4713].map((seed) => makeSecretKey(seededRandom(seed)));

/** An evaluation in the vault. */
export interface BuiltEvaluation {
  readonly evaluation: Evaluation;
  readonly folder: string;
}

/** The secret keys of the roles. */
export type RoleKeys = Readonly<Record<Role, SecretKey>>;

/** Draws a key for each role. */
export function makeRoleKeys(random: Random): RoleKeys {
  return { officer: makeSecretKey(random), supervisor: makeSecretKey(random) };
}

/** Makes orders. */
export class OrderBuilder {
  readonly #store: StoreBuilder;
  readonly keys: RoleKeys;

  constructor(store: StoreBuilder, keys: RoleKeys) {
    this.#store = store;
    this.keys = keys;
  }

  /** An order about a recording, signed and entered. */
  async give({ manifest, manifestBytes }: BuiltRecording, wish: OrderWish): Promise<BuiltOrder> {
    const { station, recording } = manifest;
    const made: Order = {
      type: 'order',
      version: 1,
      order: makeSessionId(this.#store.random),
      verb: wish.verb,
      station,
      recording,
      manifest_sha256: sha256Hex(manifestBytes),
      reason: wish.reason ?? 'investigation',
      ordered_at: this.#store.clock.now(),
    };
    const order = wish.change?.(made) ?? made;
    const bytes = encodeOrder(order);
    const folder = join(this.#store.vault, station, 'orders', order.order);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'order.json'), bytes);
    const built = { order, bytes, sha256: sha256Hex(bytes), folder };
    for (const role of wish.roles ?? ROLES) await this.sign(built, role);
    return built;
  }

  /** Puts one role's signature beside an order and enters it. */
  async sign(
    { order, bytes, sha256, folder }: BuiltOrder,
    role: Role,
    key = this.keys[role],
    comment = ORDER_TRUSTED_COMMENT,
  ): Promise<void> {
    await writeFile(join(folder, `order.json.${role}.minisig`), signDocument(key, bytes, comment));
    const { station, recording, verb } = order;
    await this.#store.enter('order', {
      station,
      recording,
      order: order.order,
      verb,
      role,
      order_sha256: sha256,
      key_id: keyIdHex(key.keyId),
    });
  }

  /** An evaluation of a recording, signed by the first evaluator or another one, and entered. */
  async evaluate(
    { manifest: { station, recording }, manifestBytes }: BuiltRecording,
    { by = 0, ...change }: Partial<Evaluation> & { readonly by?: number } = {},
  ): Promise<BuiltEvaluation> {
    const evaluation: Evaluation = {
      type: 'evaluation',
      version: 1,
      station,
      recording,
      manifest_sha256: sha256Hex(manifestBytes),
      day: this.#store.clock.now().slice(0, 10),
      questions_sha256: evaluationQuestions().sha256,
      answers: { effect: 'calmed', need: 'yes' },
      ...change,
    };
    const key = EVALUATORS[by] as SecretKey;
    const [bytes, key_id] = [encodeEvaluation(evaluation), keyIdHex(key.keyId)];
    const folder = join(this.#store.vault, station, 'evaluations', recording, key_id);
    await mkdir(folder, { recursive: true });
    await writeSigned(join(folder, 'evaluation.json'), bytes, key, EVALUATION_TRUSTED_COMMENT);
    const facts = { station, recording, evaluation_sha256: sha256Hex(bytes), key_id };
    await this.#store.enter('evaluation', facts);
    return { evaluation, folder };
  }

  /** Enters that a hold with one signature lapsed. */
  async lapse({ order }: BuiltOrder): Promise<void> {
    const { station, recording } = order;
    await this.#store.enter('hold-lapsed', { station, recording, order: order.order });
  }
}
