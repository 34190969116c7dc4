// The heartbeat of a program: measures once a minute, and says its numbers on a retained topic. What is measured is its owner's.
//
// Invariant: `at` is the time of the measuring itself, also where the document is said again because a condition came or went: a main thread that
// hangs, or a disk that does not answer, makes it go stale.
import type { Clock, Log } from '../../protocol/format/ports.ts';
import type { HealthDocument } from '../../protocol/transfer/monitoring.ts';
import type { Severity } from './condition-table.ts';
import type { Machine } from './machine.ts';
import type { RetainedTopics } from './status.ts';

const INTERVAL_MS = 60_000;
/** A broker of MQTT 5 forgets the numbers of a program that is silent for so long. */
const EXPIRES_SECONDS = 600;

type Shown = Pick<HealthDocument, 'conditions' | `conditions_${Severity}`>;

/** What every heartbeat says. */
export type HeartbeatFields = Shown &
  Pick<
    HealthDocument,
    'session' | 'at' | 'interval_seconds' | 'uptime_seconds' | 'event_loop_delay_ms' | 'memory_bytes'
  >;

export interface HeartbeatDeps<Numbers> {
  readonly session: string;
  readonly topic: string;
  readonly retained: RetainedTopics;
  readonly clock: Clock;
  readonly log: Log;
  readonly machine: Machine;
  readonly shownConditions: () => Record<Severity, number>;
  readonly shownCodes: () => string[];
  readonly measure: () => Promise<Numbers>;
  /** Judges what was measured. Must not throw. */
  readonly judge: (numbers: Numbers) => void;
  readonly encode: (document: HeartbeatFields & Numbers) => Uint8Array;
  /** Others that look once a minute. Must not throw. */
  readonly onLook: () => void;
}

/** Measures until it is stopped. `Numbers` are the owner's. */
export class Heartbeat<Numbers extends object> {
  readonly #deps: HeartbeatDeps<Numbers>;
  readonly #startedMs: number;
  #document: (HeartbeatFields & Numbers) | undefined;
  #saidCodes: readonly string[] = [];

  constructor(deps: HeartbeatDeps<Numbers>) {
    this.#deps = deps;
    this.#startedMs = deps.clock.monotonicMs();
    deps.retained.add({
      topic: deps.topic,
      document: () => this.#said(),
      expiresSeconds: EXPIRES_SECONDS,
    });
  }

  /** Since it was made. */
  get upSeconds(): number {
    return secondsBetween(this.#startedMs, this.#deps.clock.monotonicMs());
  }

  /** What is shown of a condition changed. Codes that came or went are said at once: who asks for full topics finds them by these. */
  conditionChanged(): void {
    const { topic, retained, shownCodes } = this.#deps;
    if (shownCodes().join() !== this.#saidCodes.join()) retained.changed(topic);
  }

  /** Looks once a minute, the first time in a minute, until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#deps.clock.sleep(INTERVAL_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      await this.look();
    }
  }

  /** Measures, says and judges. Never rejects. */
  async look(): Promise<void> {
    const { topic, retained, machine, log, judge, onLook } = this.#deps;
    try {
      this.#document = await this.#measure(() => machine.loopDelayMs());
      judge(this.#document);
      retained.changed(topic);
    } catch (error) {
      log.warn('health not measured', { error });
    }
    onLook();
  }

  /** Measures for somebody who looks now: nothing is judged or said, and the heartbeat's own numbers stay whole. Never rejects. */
  async glance(): Promise<(HeartbeatFields & Numbers) | undefined> {
    const last = this.#document;
    if (last === undefined) return undefined;
    return this.#measure(() => last.event_loop_delay_ms).catch(() => last);
  }

  async #measure(loopDelayMs: () => number): Promise<HeartbeatFields & Numbers> {
    const { session, clock, machine, measure } = this.#deps;
    const numbers = await measure();
    return {
      session,
      at: new Date(clock.wallMs()).toISOString(),
      interval_seconds: INTERVAL_MS / 1000,
      uptime_seconds: this.upSeconds,
      ...numbers,
      event_loop_delay_ms: loopDelayMs(),
      memory_bytes: machine.memoryBytes(),
      ...this.#shown(),
    };
  }

  #said(): Uint8Array | undefined {
    if (this.#document === undefined) return undefined;
    const document = { ...this.#document, ...this.#shown() };
    this.#saidCodes = document.conditions;
    return this.#deps.encode(document);
  }

  /** Which conditions are shown at this moment. */
  #shown(): Shown {
    const { info, warning, error, critical } = this.#deps.shownConditions();
    return {
      conditions_info: info,
      conditions_warning: warning,
      conditions_error: error,
      conditions_critical: critical,
      conditions: this.#deps.shownCodes(),
    };
  }
}

/** Whole seconds, never below 0: wall clocks go back. */
export function secondsBetween(fromMs: number, toMs: number): number {
  return Math.max(0, Math.floor((toMs - fromMs) / 1000));
}
