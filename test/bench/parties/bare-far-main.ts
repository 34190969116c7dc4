// The far end of the bare party: takes units, compares the digest of each with the one that it is announced with, writes them, syncs each file
// after its last one, and tells how many it has.
import { createHash } from 'node:crypto';
import { closeSync, fdatasync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseUnitTopic, SYNCED, UNIT_SEALED_BYTES, UNITS, WRITTEN } from './bare-unit.ts';
import { BareWire, type BareBroker } from './bare-wire.ts';

/** First word of the command line, as JSON. */
export interface BareFar {
  readonly broker: BareBroker;
  readonly folder: string;
}

/** How many units share one word that they are written. */
const TOLD_UNITS = 4;

const { broker, folder } = JSON.parse(process.argv[2] ?? '') as BareFar;

class Far {
  #wire: BareWire | undefined;
  #writing: { readonly file: number; readonly fd: number } | undefined;
  #written = 0;
  #synced = 0;

  async open(): Promise<void> {
    this.#wire = await BareWire.open(broker, 'far', `${UNITS}/#`, (topic, payload) =>
      this.#take(topic, payload),
    );
    process.send?.('ready');
  }

  #take(topic: string, bytes: Buffer): void {
    const { file, number, digest, isLast } = parseUnitTopic(topic);
    if (createHash('sha256').update(bytes).digest('hex') !== digest)
      throw new Error(`${topic}: other bytes came`);
    this.#writing ??= { file, fd: openSync(join(folder, `${file}`), 'wx') };
    const { fd } = this.#writing;
    writeSync(fd, bytes, 0, bytes.length, number * UNIT_SEALED_BYTES);
    this.#written++;
    if (isLast || this.#written % TOLD_UNITS === 0) this.#tell(WRITTEN, this.#written);
    if (isLast) this.#sync(fd);
  }

  #sync(fd: number): void {
    this.#writing = undefined;
    fdatasync(fd, (error) => {
      if (error !== null) throw error;
      closeSync(fd);
      this.#tell(SYNCED, ++this.#synced);
    });
  }

  #tell(topic: string, count: number): void {
    this.#wire?.publish(topic, Buffer.from(`${count}`));
  }
}

await new Far().open();
