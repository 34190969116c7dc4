// The policy of both roles at a station (SPEC 4.16.16): what comes from the store is taken only with both signatures,
// kept, and named in all that the station signs from then on.
//
// Invariants:
// 1. One is taken only by keys of both roles that the last one or the station's file names; for the pinned vault; and with a number above the
//    last. Whatever else comes changes nothing, and is shown.
// 2. It is durable with its signatures before the log or any document names it.
import type { RolesConfig } from '../../config/roles-config.ts';
import { type RoleKeys, verifyRoles } from '../../protocol/documents/order.ts';
import {
  encodeSignedPolicy,
  parsePolicy,
  parseSignedPolicy,
  type Policy,
  POLICY_FILE_BYTES_MAX,
  rolesOf,
  type SignedPolicy,
} from '../../protocol/documents/policy.ts';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { readIfThere, replaceDurable } from '../../protocol/format/durable.ts';
import { DockError, isMachineShort } from '../../protocol/format/errors.ts';
import type { ReceiverId, SessionId } from '../../protocol/format/ids.ts';
import type { Clock, Conditions, Files, Log } from '../../protocol/format/ports.ts';
import { messageBytes, parsePolicyMessage } from '../../protocol/transfer/messages.ts';
import type { Custody } from '../custody/custody-log.ts';
import { type GivesSpace, withReserve } from '../platform/reserve.ts';
import type { SpoolLayout } from '../spool/layout.ts';

/** Messages that wait while one is written: the store sends it again at each connect. */
const WAITING_MAX = 4;
/** One that counts does not take the condition back: who sends others beside it would stay unseen. It goes after an hour, once one is held. */
const QUIET_MS = 3_600_000;
const CONDITION = 'policy.refused';

interface Held {
  readonly policy: Policy;
  readonly sha256: string;
}

interface HeldPolicyOptions {
  /** Those of the station's file. */
  readonly roles: RolesConfig;
  readonly receivers: readonly ReceiverId[];
  /** The vault whose receipts count, once there is one. */
  readonly pinnedVault: () => SessionId | undefined;
  readonly files: Files;
  readonly layout: Pick<SpoolLayout, 'root' | 'policy'>;
  readonly reserve: GivesSpace;
  readonly custody: Pick<Custody, 'append'>;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Log;
  readonly conditions: Conditions;
}

/** Of one station. */
export class HeldPolicy {
  readonly #options: HeldPolicyOptions;
  #held: Held | undefined;
  #waiting = 0;
  #isStopped = false;
  #isShown = false;
  #last: Promise<void> = Promise.resolve();
  #cancel: () => void = () => undefined;

  private constructor(options: HeldPolicyOptions, held: Held | undefined) {
    this.#options = options;
    this.#held = held;
  }

  /** The one that the last run kept; none where its file is damaged: the store sends it again. Errors: the machine's. */
  static async open(options: HeldPolicyOptions): Promise<HeldPolicy> {
    try {
      const bytes = await readIfThere(options.files, options.layout.policy, POLICY_FILE_BYTES_MAX);
      return new HeldPolicy(options, bytes && heldOf(parseSignedPolicy(bytes)));
    } catch (error) {
      if (isMachineShort(error)) throw error;
      options.log.error('the policy that was kept cannot be read: none is named until it comes again', {
        error,
      });
      return new HeldPolicy(options, undefined);
    }
  }

  /** Digest of the one that the documents of this moment name; undefined where the pinned vault has none. */
  get sha256(): string | undefined {
    return this.#ofVault(this.#options.pinnedVault())?.sha256;
  }

  /** The most days that one of the pinned vault allows; undefined without one. */
  get daysMax(): number | undefined {
    return this.#ofVault(this.#options.pinnedVault())?.policy.days_max;
  }

  /** Whose signatures count for a vault: those that the policy held of it names, and those of the station's file. */
  roleKeys(vault: SessionId): RoleKeys {
    const { officers, supervisors } = this.#options.roles;
    const last = this.#ofVault(vault);
    const named = last && rolesOf(last.policy);
    return {
      officer: [...(named?.officer ?? []), ...officers],
      supervisor: [...(named?.supervisor ?? []), ...supervisors],
    };
  }

  /** The log of this run says which one it holds. */
  enter(): void {
    if (this.#held === undefined) return;
    const { policy, sha256 } = this.#held;
    const facts = { number: policy.number, policy_sha256: sha256 };
    this.#options.custody.append({ event: 'policy', facts });
  }

  /** A message at `down/policy`. Never throws: what does not hold is shown and changes nothing. */
  take(payload: Uint8Array): void {
    if (this.#waiting >= WAITING_MAX || this.#isStopped) return;
    try {
      const signed = this.#parse(payload);
      this.#waiting++;
      this.#last = this.#last
        .then(() => this.#follow(signed))
        .catch((error: unknown) => this.#refused(error))
        .finally(() => this.#waiting--);
    } catch (error) {
      this.#refused(error);
    }
  }

  /** The payload's memory is the broker's: nothing of it is read later. Errors: "message.refused", "message.misdirected". */
  #parse(payload: Uint8Array): SignedPolicy {
    const { receiver, policy, officer, supervisor } = parsePolicyMessage(payload);
    if (!this.#options.receivers.includes(receiver))
      throw refusal('message.misdirected', `receiver ${receiver} is not listed`);
    return { bytes: messageBytes(policy), signatures: { officer, supervisor } };
  }

  /** Resolves when nothing of it runs any more. Never rejects. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#last;
    this.#cancel();
  }

  /** Errors: "canonical.refused", "document.*"; "policy.*"; the system's. */
  async #follow(signed: SignedPolicy): Promise<void> {
    const { files, layout, reserve, log } = this.#options;
    const next = heldOf(signed);
    if (next.sha256 === this.#held?.sha256) return;
    this.#check(next.policy, signed);
    await withReserve(reserve, () => replaceDurable(files, layout.policy, encodeSignedPolicy(signed)));
    await files.syncFolder(layout.root);
    this.#held = next;
    if (this.#isShown) this.#goesLater();
    this.enter();
    log.info('policy of both roles taken', { number: next.policy.number, sha256: next.sha256 });
  }

  /** Errors: "policy.other-vault", "policy.number", "policy.no-roles", "policy.signature", "policy.one-key". */
  #check(policy: Policy, { bytes, signatures }: SignedPolicy): void {
    const pinned = this.#options.pinnedVault();
    if (pinned !== undefined && policy.vault !== pinned)
      throw refusal('policy.other-vault', `it is of vault ${policy.vault}, and ${pinned} is pinned`);
    const last = this.#ofVault(policy.vault)?.policy;
    if (last !== undefined && policy.number <= last.number)
      throw refusal('policy.number', `number ${policy.number} is not above ${last.number}, which is held`);
    const keys = this.roleKeys(policy.vault);
    if (keys.officer.length === 0 || keys.supervisor.length === 0)
      throw refusal('policy.no-roles', 'the file of the station names no keys of both roles');
    verifyRoles('policy', bytes, signatures, keys);
  }

  #ofVault(vault: SessionId | undefined): Held | undefined {
    return vault === undefined || this.#held?.policy.vault === vault ? this.#held : undefined;
  }

  #refused(error: unknown): void {
    const { conditions, log } = this.#options;
    if (!(error instanceof DockError)) {
      log.error('policy not kept: it comes again with the next connect', { error });
      return;
    }
    log.warn('policy refused', { error });
    conditions.raise(CONDITION, null, { reason: error.code });
    this.#isShown = true;
    this.#goesLater();
  }

  /** Where no policy was ever taken, what is wrong lasts. */
  #goesLater(): void {
    const { clock, conditions } = this.#options;
    this.#cancel();
    this.#cancel = clock.after(QUIET_MS, () => {
      if (this.#held === undefined) return;
      this.#isShown = false;
      conditions.clear(CONDITION, null);
    });
  }
}

function heldOf({ bytes }: SignedPolicy): Held {
  return { policy: parsePolicy(bytes), sha256: sha256Hex(bytes) };
}

function refusal(code: string, why: string): DockError {
  return new DockError(code, `policy refused: ${why}`, { retry: 'person' });
}
