// Brings a camera back into step after a transaction that failed: from the gentlest step to the roughest, each tried once, each told.
// Source: USB Still Image Capture Device Definition 1.0, sections 5.2 (class requests) and 7.2.2 (cancellation).
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import type { UsbTransport } from '../usb/transport.ts';
import { EVENT, RESPONSE } from './codes.ts';

const REQUEST_CANCEL = 0x64;
const REQUEST_RESET = 0x66;
const REQUEST_STATUS = 0x67;
const REQUEST_MS = 2000;
const STATUS_PAUSE_MS = 200;
const STATUS_TRIES = 10;
const DRAIN_MS = 300;
/** What may still be on its way when a transaction is cancelled. */
const DRAIN_TRANSFERS_MAX = 64;
const DRAIN_BYTES = 64 * 1024;

/**
 * What a step does, from the gentlest. "usb-reset" ends the session: handles may be others afterwards. "power-cycle" ends all of it: the camera
 * leaves the bus and comes back as another device, so it is no step of this ladder but what stands behind it (conversation.ts).
 */
export type RecoveryStep = 'cancel' | 'device-reset' | 'usb-reset' | 'power-cycle';
export const RECOVERY_STEPS = ['cancel', 'device-reset', 'usb-reset'] as const;

/**
 * Takes one step. Afterwards the pipes are clear; whether the camera is in step shows with the next transaction.
 * Errors: "driver.detached"; those of the transport, where this step does not help.
 */
export async function takeRecoveryStep(
  step: (typeof RECOVERY_STEPS)[number],
  transport: UsbTransport,
  clock: Clock,
  transaction: number,
  signal: AbortSignal,
): Promise<void> {
  if (step === 'usb-reset') return transport.reset(signal);
  if (step === 'cancel') await cancel(transport, transaction, signal);
  else await transport.controlOut(classRequest(REQUEST_RESET), new Uint8Array(0), REQUEST_MS, signal);
  await untilReady(transport, clock, signal);
  await drain(transport, signal);
}

/** The camera gives up the transaction. */
async function cancel(transport: UsbTransport, transaction: number, signal: AbortSignal): Promise<void> {
  const data = new Uint8Array(6);
  const view = new DataView(data.buffer);
  view.setUint16(0, EVENT.cancelTransaction, true);
  view.setUint32(2, transaction, true);
  await transport.controlOut(classRequest(REQUEST_CANCEL), data, REQUEST_MS, signal);
}

/** Halted pipes are cleared while the camera says which; a camera that does not know the question counts as ready. */
async function untilReady(transport: UsbTransport, clock: Clock, signal: AbortSignal): Promise<void> {
  for (let tried = 0; tried < STATUS_TRIES; tried++) {
    const status = await transport
      .controlIn(classRequest(REQUEST_STATUS), 20, REQUEST_MS, signal)
      .catch((error: unknown) => passOver(error, signal));
    const code = status === undefined || status.length < 4 ? RESPONSE.ok : codeOf(status);
    if (code !== RESPONSE.deviceBusy) break;
    await clock.sleep(STATUS_PAUSE_MS, signal);
  }
  await transport.clearHalt('in', signal).catch((error: unknown) => passOver(error, signal));
  await transport.clearHalt('out', signal).catch((error: unknown) => passOver(error, signal));
}

function codeOf(status: Uint8Array): number {
  return new DataView(status.buffer, status.byteOffset, status.byteLength).getUint16(2, true);
}

/** What the camera still had to say is thrown away: it belongs to nothing. */
async function drain(transport: UsbTransport, signal: AbortSignal): Promise<void> {
  for (let transfers = 0; transfers < DRAIN_TRANSFERS_MAX; transfers++) {
    const bytes = await transport
      .bulkIn(DRAIN_BYTES, DRAIN_MS, signal)
      .catch((error: unknown) => passOver(error, signal));
    if (bytes === undefined) return;
  }
  throw new DockError('driver.protocol', 'the camera goes on sending after its transaction was cancelled', {
    retry: 'later',
  });
}

function classRequest(request: number) {
  return { type: 'class', recipient: 'interface', request, value: 0, index: 0 } as const;
}

/** An error that this step expects; that the device left, or that nobody waits any more, is none. */
function passOver(error: unknown, signal: AbortSignal): undefined {
  signal.throwIfAborted();
  if (isDockError(error, 'driver.detached') || !isDockError(error)) throw error;
  return undefined;
}
