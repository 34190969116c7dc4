// When to try the broker again, and with which MQTT version. Pure: endings and a random number in, a pause out.
//
// Invariants:
// 1. Two attempts are at least `minMs` apart, except the one that follows a first refusal of version 5.
// 2. Pauses have full jitter between `minMs` and a ceiling that doubles up to `maxMs`: stations that lost one broker come back spread.
// 3. Only a connection that held for STABLE_MS makes the ceiling small again: a flapping network is met with growing pauses.
// 4. Anybody who loses its client id to another waits longer than anybody else: two stations with one id do not throw each other out all the time.
import { RECONNECT_MS_MAX, RECONNECT_MS_MIN } from '../../protocol/format/limits.ts';
import type { Ending, MqttVersion } from './broker-endings.ts';

/** A connection that held so long was a good one. */
export const STABLE_MS = 10_000;
/** Beyond this the ceiling has reached any maximum; keeps the power finite. */
const DOUBLINGS_MAX = 16;

export interface ReconnectLimits {
  readonly minMs: number;
  readonly maxMs: number;
}

export const RECONNECT_LIMITS: ReconnectLimits = { minMs: RECONNECT_MS_MIN, maxMs: RECONNECT_MS_MAX };

/** `versionKnown`: the broker has accepted this version, so another one is not tried without its word. */
export interface ReconnectState {
  readonly failures: number;
  readonly version: MqttVersion;
  readonly versionKnown: boolean;
}

/** Before the first attempt: "auto" starts with 5. */
export function initialReconnect(protocol: 'auto' | MqttVersion): ReconnectState {
  return { failures: 0, version: protocol === 'auto' ? 5 : protocol, versionKnown: protocol !== 'auto' };
}

/** The broker took us: its version is remembered. */
export function reconnectAccepted(state: ReconnectState): ReconnectState {
  return { ...state, versionKnown: true };
}

/**
 * What follows an ending.
 * Shape: `jitter` is uniform in [0, 1); `protocol` as configured. Returns the next state and the pause before the next attempt.
 * Units: milliseconds.
 */
export function reconnectAfter(
  state: ReconnectState,
  ending: Ending,
  options: {
    readonly jitter: number;
    readonly protocol: 'auto' | MqttVersion;
    readonly limits: ReconnectLimits;
  },
): { readonly state: ReconnectState; readonly pauseMs: number } {
  const held = ending.kind === 'lost' && ending.connectedMs >= STABLE_MS;
  const failures = held ? 1 : Math.min(state.failures + 1, DOUBLINGS_MAX);
  const next = { ...nextVersion(state, ending, options.protocol), failures };
  if (ending.kind === 'version' && next.version !== state.version && state.failures === 0) {
    return { state: next, pauseMs: 0 };
  }
  return { state: next, pauseMs: pauseAfter(ending, failures, options) };
}

/** Tries the other version where the broker did not want this one, or hung up on it without ever having accepted one. */
function nextVersion(state: ReconnectState, ending: Ending, protocol: 'auto' | MqttVersion): ReconnectState {
  const unwanted = ending.kind === 'version' || (ending.kind === 'unanswered' && !state.versionKnown);
  if (protocol !== 'auto' || !unwanted) return state;
  return { ...state, version: state.version === 5 ? 4 : 5, versionKnown: false };
}

function pauseAfter(
  ending: Ending,
  failures: number,
  options: { readonly jitter: number; readonly limits: ReconnectLimits },
): number {
  const { minMs, maxMs } = options.limits;
  if (ending.kind === 'taken-over') return maxMs * (1 + options.jitter);
  const ceilingMs = Math.min(maxMs, minMs * 2 ** failures);
  return minMs + options.jitter * (ceilingMs - minMs);
}
