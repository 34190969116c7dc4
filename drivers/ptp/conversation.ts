// A PTP session that stays in step: opens it, waits out a busy camera, recovers after a failed transaction. Commands are built on `ask`.
//
// Invariants:
// 1. Only requests that change nothing are asked a second time.
// 2. `generation` counts up whenever the session was opened again: object handles of before mean nothing then.
// 3. Recoveries and new openings in one session are bounded: a camera that needs more needs a person.
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import type { PowerCycle } from '../usb/port-power.ts';
import type { UsbTransport } from '../usb/transport.ts';
import { OPERATION, operationText, RESPONSE, responseText } from './codes.ts';
import { PtpPipe, type PtpAnswer, type PtpRequest, type PtpResponse } from './pipe.ts';
import type { PtpQuirks } from './quirks.ts';
import { RECOVERY_STEPS, takeRecoveryStep, type RecoveryStep } from './recovery.ts';

const SESSION = 1;
const OPEN_MS = 5000;
const CLOSE_MS = 2000;
const BUSY_TRIES = 6;
const BUSY_PAUSE_MS = 500;
/** By how much a transaction number is raised that the camera calls wrong. */
const NUMBER_STEP = 10;
const RECOVERIES_MAX = 16;
/** A camera may close its session when nothing is asked for long; one that does so more often in a docking is never done with a listing. */
const REOPENINGS_MAX = 64;
/** Ladders one after the other of which no step helped: a camera that hangs is told of after half a minute, not after all recoveries. */
const FAILED_LADDERS_MAX = 2;

export interface ConversationOptions {
  readonly transport: UsbTransport;
  readonly clock: Clock;
  readonly quirks: PtpQuirks;
  /** Told before each step of a recovery. */
  readonly onRecovery: (step: RecoveryStep, reason: unknown) => void;
  /** Switches the port's power; undefined where nothing can. */
  readonly cyclePower?: ((signal: AbortSignal) => Promise<PowerCycle>) | undefined;
}

/** What is asked; the conversation knows how long to wait. */
export interface PtpQuestion {
  readonly operation: number;
  readonly parameters?: readonly number[];
  readonly dataOut?: Uint8Array;
  /** It changes something on the camera, so it is asked once. */
  readonly changes?: boolean;
  /** It names an object by its handle, so it is not asked again in a session that was opened again. */
  readonly byHandle?: boolean;
  /** See InboundWish. */
  readonly payloadBytes?: number;
}

type LadderStep = (typeof RECOVERY_STEPS)[number];

export class PtpConversation {
  readonly #options: ConversationOptions;
  readonly #pipe: PtpPipe;
  #generation = 0;
  #recoveries = 0;
  #failedLadders = 0;
  #reopenings = 0;
  #gone: Error | undefined;
  #onStep: () => void = () => undefined;

  constructor(options: ConversationOptions) {
    this.#options = options;
    this.#pipe = new PtpPipe(options.transport, options.clock);
    options.transport.onGone((error) => (this.#gone ??= error));
  }

  get generation(): number {
    return this.#generation;
  }

  /** Errors: "driver.detached" once the camera left or the conversation was closed; the signal's reason. */
  assertHere(signal: AbortSignal): void {
    signal.throwIfAborted();
    if (this.#gone !== undefined) throw this.#gone;
  }

  /** See CameraSession.onStep. */
  onStep(handler: () => void): void {
    this.#onStep = handler;
    this.#pipe.onStep(handler);
  }

  /** Opens the session, with the whole ladder where the camera is still in what an earlier process left. Errors: as `ask`. */
  async open(signal: AbortSignal): Promise<void> {
    try {
      await this.#openSession(signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!this.#pipe.isLost) throw error;
      await this.recover(error, signal);
    }
  }

  /**
   * One transaction, its data up to `bytesMax`. The response may be any; `assertOk` tells.
   * Errors: "driver.detached", "driver.timeout", "driver.protocol" after recovery did not help; "ptp.handles-lost" for a question by handle
   * where the session had to be opened again; the signal's reason.
   */
  async ask(question: PtpQuestion, bytesMax: number, signal: AbortSignal): Promise<PtpAnswer> {
    for (let busy = 1; ; busy++) {
      const answer = await this.#once(question, bytesMax, signal);
      if (answer.code === RESPONSE.deviceBusy && busy < BUSY_TRIES)
        await this.#options.clock.sleep(BUSY_PAUSE_MS * busy, signal);
      else if (answer.code === RESPONSE.invalidTransactionId && busy < BUSY_TRIES)
        this.#pipe.numberFrom(this.#pipe.transaction + NUMBER_STEP);
      else if (answer.code === RESPONSE.sessionNotOpen && busy < BUSY_TRIES) {
        if (++this.#reopenings > REOPENINGS_MAX) throw losesSessions();
        await this.#openSession(signal);
        if (question.byHandle === true) throw handlesLost(undefined);
      } else return answer;
    }
  }

  /** One transaction with its data as it comes; not asked again. Anybody who leaves it in the middle calls `recover`. Errors: as PtpPipe.stream. */
  async *stream(
    question: PtpQuestion,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, PtpResponse, undefined> {
    await this.#inStep(question, signal);
    return yield* this.#pipe.stream(this.#request(question), signal);
  }

  /** After a failed or abandoned transaction: until the session answers again. Does nothing where all is in step. Errors: as `ask`. */
  async recover(reason: unknown, signal: AbortSignal): Promise<void> {
    if (!this.#pipe.isLost) return;
    if (this.#failedLadders >= FAILED_LADDERS_MAX) throw hangs(reason);
    const steps: LadderStep[] = [...RECOVERY_STEPS];
    let why = reason;
    while (this.#pipe.isLost) {
      if (steps.length === 0) {
        this.#failedLadders++;
        await this.#cyclePower(why, signal);
      }
      const step = nextStep(why, steps, signal);
      try {
        await this.#step(step, why, signal);
        await this.#prove(signal);
      } catch (error) {
        signal.throwIfAborted();
        why = error;
      }
    }
    this.#failedLadders = 0;
  }

  /** The camera said, in these words, that what is under way comes to nothing; given a number, only that transaction. */
  hurry(words: string, transaction?: number): void {
    this.#pipe.hurry(words, transaction);
  }

  /** Opens the session again, for cameras that see their own changes only then. Errors: as `ask`. */
  async reopen(signal: AbortSignal): Promise<void> {
    await this.#once({ operation: OPERATION.closeSession, changes: true }, 0, signal);
    await this.#openSession(signal);
  }

  /** Ends the session as well as the camera lets it. Never rejects. */
  async close(): Promise<void> {
    const { transport, quirks } = this.#options;
    const isHere = this.#gone === undefined;
    this.#gone ??= closed();
    if (isHere && !quirks.leavesSessionOpen && !this.#pipe.isLost) {
      const request = { operation: OPERATION.closeSession, progressMs: CLOSE_MS };
      await this.#pipe.call(request, 0, new AbortController().signal).catch(() => undefined);
    }
    await transport.close();
  }

  async #once(question: PtpQuestion, bytesMax: number, signal: AbortSignal): Promise<PtpAnswer> {
    for (let tried = 1; ; tried++) {
      await this.#inStep(question, signal);
      try {
        return await this.#pipe.call(this.#request(question), bytesMax, signal);
      } catch (error) {
        signal.throwIfAborted();
        const generation = this.#generation;
        await this.recover(error, signal);
        if (question.changes === true || tried === 2) throw error;
        if (question.byHandle === true && generation !== this.#generation) throw handlesLost(error);
      }
    }
  }

  /** A transaction that somebody left in the middle is cleared away first. */
  async #inStep({ byHandle }: PtpQuestion, signal: AbortSignal): Promise<void> {
    this.assertHere(signal);
    const generation = this.#generation;
    if (this.#pipe.isLost) await this.recover(leftOpen(), signal);
    if (byHandle === true && generation !== this.#generation) throw handlesLost(undefined);
  }

  #request({ operation, parameters = [], dataOut, payloadBytes }: PtpQuestion): PtpRequest {
    const { progressMs } = this.#options.quirks;
    return { operation, parameters, ...(dataOut !== undefined && { dataOut }), progressMs, payloadBytes };
  }

  async #openSession(signal: AbortSignal): Promise<void> {
    const request = { operation: OPERATION.openSession, parameters: [SESSION], progressMs: OPEN_MS };
    for (let busy = 1; ; busy++) {
      const { code } = await this.#pipe.call(request, 0, signal);
      if (code === RESPONSE.deviceBusy && busy < BUSY_TRIES) {
        await this.#options.clock.sleep(BUSY_PAUSE_MS * busy, signal);
        continue;
      }
      if (code !== RESPONSE.ok && code !== RESPONSE.sessionAlreadyOpen)
        throw refusal(request.operation, code);
      this.#generation++;
      return;
    }
  }

  /** In step is a camera that answers a question about what every camera has; a lost session is opened again. */
  async #prove(signal: AbortSignal): Promise<void> {
    const request = { operation: OPERATION.getStorageIds, progressMs: OPEN_MS };
    const { code } = await this.#pipe.call(request, 0, signal);
    if (code === RESPONSE.sessionNotOpen) await this.#openSession(signal);
  }

  /** Behind the whole ladder. Errors: "driver.detached" where the camera's power was switched off and on. */
  async #cyclePower(reason: unknown, signal: AbortSignal): Promise<void> {
    const { cyclePower, onRecovery } = this.#options;
    if (cyclePower === undefined || this.#gone !== undefined || !mayHelp(reason)) return;
    onRecovery('power-cycle', reason);
    if ((await cyclePower(signal)) === 'refused') return;
    this.#gone ??= switchedOff(reason);
    throw this.#gone;
  }

  async #step(step: LadderStep, reason: unknown, signal: AbortSignal): Promise<void> {
    const { transport, clock, onRecovery } = this.#options;
    if (++this.#recoveries > RECOVERIES_MAX) throw needsPerson(reason);
    onRecovery(step, reason);
    this.#onStep();
    await takeRecoveryStep(step, transport, clock, this.#pipe.transaction, signal);
    this.#pipe.recovered();
    if (step === 'usb-reset') this.#generation++;
  }
}

/** Errors: "ptp.response" for any response but OK, with its code. */
export function assertOk(operation: number, { code }: PtpResponse): void {
  if (code !== RESPONSE.ok) throw refusal(operation, code);
}

/** The code of a refusal, or undefined for any other error. Never throws. */
export function responseOf(error: unknown): number | undefined {
  const code = isDockError(error, 'ptp.response') ? error.facts['response'] : undefined;
  return typeof code === 'number' ? code : undefined;
}

function refusal(operation: number, code: number): DockError {
  const words = `the camera answers operation ${operationText(operation)} with ${responseText(code)}`;
  return new DockError('ptp.response', words, { retry: 'later', facts: { operation, response: code } });
}

/** Errors: the reason itself where no step is left or none can help. */
function nextStep(reason: unknown, steps: LadderStep[], signal: AbortSignal): LadderStep {
  signal.throwIfAborted();
  const step = steps.shift();
  if (step === undefined || !mayHelp(reason)) throw reason;
  return step;
}

/** Not where the camera left, nor at a mistake of ours. */
function mayHelp(reason: unknown): boolean {
  return isDockError(reason) && !isDockError(reason, 'driver.detached');
}

/** The error for whatever was begun with handles of a session before. */
export function handlesLost(cause: unknown): DockError {
  const words = 'the session with the camera was opened anew: it must be listed again';
  return new DockError('ptp.handles-lost', words, { retry: 'later', cause });
}

function leftOpen(): DockError {
  return new DockError('driver.protocol', 'a transaction was left in the middle', { retry: 'later' });
}

function switchedOff(cause: unknown): DockError {
  const words =
    'the camera hung, and the power of its port was switched off and on: it comes back for a new docking';
  return new DockError('driver.detached', words, { retry: 'later', cause });
}

function closed(): DockError {
  return new DockError('driver.detached', 'the conversation with the camera was closed', { retry: 'later' });
}

function losesSessions(): DockError {
  const words = `the camera closed its session more than ${REOPENINGS_MAX} times; take it out, switch it off and on, and put it back`;
  return new DockError('driver.protocol', words, { retry: 'person' });
}

function hangs(cause: unknown): DockError {
  const words = `the camera answers nothing, and none of ${RECOVERY_STEPS.join(', ')} helped, ${FAILED_LADDERS_MAX} times; take it out, switch it off and on, and put it back`;
  return new DockError('driver.timeout', words, { retry: 'person', cause });
}

function needsPerson(cause: unknown): DockError {
  const words = `the camera got out of step more than ${RECOVERIES_MAX} times; take it out, switch it off and on, and put it back`;
  return new DockError('driver.protocol', words, { retry: 'person', cause });
}
