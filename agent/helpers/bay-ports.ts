// The USB port of a bay, from the station's own file: never from whoever asks.
import { loadStationConfig } from '../../config/load.ts';
import type { BayId } from '../../protocol/format/ids.ts';
import type { Log } from '../../protocol/format/ports.ts';

/** Port by bay. */
export type BayPorts = ReadonlyMap<BayId, string>;

/**
 * Reads the file whenever it is asked, as it is exchanged while the helper runs; one that is not valid, which a technician is just writing,
 * leaves what was read before. The loader is the agent's: two readers of one file would sooner or later read it differently.
 */
export class BayPortsFile {
  readonly #file: string;
  readonly #log: Log;
  #ports: BayPorts | undefined;
  #isToldInvalid = false;

  constructor(file: string, log: Log) {
    this.#file = file;
    this.#log = log;
  }

  /** The ports of all bays, as they were read last. */
  named(): Iterable<string> {
    return this.#ports?.values() ?? [];
  }

  /** Undefined as long as there was no valid file. */
  async read(): Promise<BayPorts | undefined> {
    const loaded = await loadStationConfig(this.#file);
    if (loaded.kind === 'loaded') {
      this.#isToldInvalid = false;
      this.#ports = new Map(
        loaded.config.bays.flatMap(({ id, usbPort }) => (usbPort === null ? [] : [[id, usbPort] as const])),
      );
    } else if (!this.#isToldInvalid) {
      this.#isToldInvalid = true;
      this.#log.warn('configuration is not valid, the one before counts', {
        problems: loaded.problems.length,
      });
    }
    return this.#ports;
  }
}
