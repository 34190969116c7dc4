// Watches a bay whose camera shows itself twice, at a serial port and with its files: one stay of one camera, whichever half comes first.
//
// Invariants:
// 1. Once the files are held by a session, their departure is the camera's: whatever the port shows, those bytes are no longer there.
// 2. A port that goes while the files stay ends nothing; it is told, but not before PORT_GONE_MS: of a camera that is taken out one half may
//    go before the other.
// 3. Before the files are held the camera may come and go for SWITCH_MS: it does so when it is told to show them.
import type { Clock } from '../../protocol/format/ports.ts';
import { departed, PRESENCE_MS, untilThere, type PlaceWatch } from './place-watch.ts';

/** A camera that changes its USB mode may be away for so long. */
export const SWITCH_MS = 15_000;

/** A port that is away for so long while the files stay is not just on its way out with the camera. */
export const PORT_GONE_MS = 5000;

export interface PairWatchParts {
  readonly port: PlaceWatch;
  readonly files: PlaceWatch;
  readonly clock: Clock;
  /** The port went, or another device is at it, while the files stay. Called once for each stay. */
  readonly onPortGone: () => void;
}

/** Its identity only says which half was there first. */
export class PairWatch implements PlaceWatch {
  readonly #parts: PairWatchParts;
  /** What the files were known by when their session was opened in this stay. */
  #held: string | undefined;

  constructor(parts: PairWatchParts) {
    this.#parts = parts;
  }

  async present(): Promise<string | undefined> {
    const { port, files } = this.#parts;
    return (await files.present()) ?? (await port.present());
  }

  /** The session of this stay is open over what the files' watch calls so. */
  holdFiles(identity: string): void {
    this.#held = identity;
  }

  arrival(signal: AbortSignal): Promise<string> {
    this.#held = undefined;
    return untilThere(() => this.present(), this.#parts.clock, signal);
  }

  async departure(_identity: string, signal: AbortSignal): Promise<never> {
    const { port, files, clock } = this.#parts;
    let portSeen: string | undefined;
    let portAtMs = Number.POSITIVE_INFINITY;
    let thereAtMs = clock.monotonicMs();
    for (;;) {
      const [filesNow, portNow] = await Promise.all([files.present(), port.present()]);
      const held = this.#held;
      const now = clock.monotonicMs();
      if (held !== undefined && filesNow !== held)
        throw departed('the files of this bay are gone or others lie there');
      if (filesNow !== undefined || portNow !== undefined) thereAtMs = now;
      else if (now - thereAtMs >= SWITCH_MS)
        throw departed('neither the serial port nor the files of this bay are there any more');
      if (held === undefined) [portSeen, portAtMs] = [undefined, Number.POSITIVE_INFINITY];
      portSeen ??= portNow;
      if (portNow !== undefined && portNow === portSeen) portAtMs = now;
      else if (now - portAtMs >= PORT_GONE_MS) {
        this.#parts.onPortGone();
        portAtMs = Number.POSITIVE_INFINITY;
      }
      await clock.sleep(PRESENCE_MS, signal);
    }
  }

  changes(onChange: () => void): () => Promise<void> {
    return this.#parts.files.changes(onChange);
  }
}
