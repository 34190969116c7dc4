// A person's word that a camera is out of use (SPEC 4.13.7): a file a camera in the spool, which `bodydock camera retire` writes and which the
// running agent enters into the custody log and removes.
//
// Why files: only the agent writes the log, and no message may end the use of a camera. One a camera: two words never replace each other.
import { join } from 'node:path';
import * as z from 'zod';
import {
  cameraIdSchema,
  encodeDocument,
  instantSchema,
  parseDocument,
} from '../../protocol/documents/document.ts';
import { readIfThere, replaceDurable, unlinkIfThere } from '../../protocol/format/durable.ts';
import { describeError, DockError } from '../../protocol/format/errors.ts';
import { reasonCodeSchema } from '../../protocol/documents/order.ts';
import type { Clock, Files, Log } from '../../protocol/format/ports.ts';
import type { CustodyLog } from './custody-log.ts';

const BYTES_MAX = 4096;
const SUFFIX = '.json';
/** It is looked so often whether somebody retired a camera. */
const LOOK_MS = 30_000;
/** Words that are entered in one look. */
const AT_ONCE_MAX = 100;

const retirementSchema = z.strictObject({
  type: z.literal('camera-retirement'),
  version: z.literal(1),
  camera: cameraIdSchema,
  /** A code, never words: a name could stand in words. */
  reason: reasonCodeSchema,
  made_at: instantSchema,
});
export type Retirement = Omit<z.infer<typeof retirementSchema>, 'type' | 'version'>;

/** Puts it where the agent looks, durably; an earlier word about this camera is replaced. Errors: "document.refused"; the system's. */
export async function writeRetirement(
  files: Files,
  layout: { readonly root: string; readonly retirements: string },
  word: Retirement,
): Promise<void> {
  if ((await files.stat(layout.retirements)) === undefined) {
    await files.makeFolder(layout.retirements);
    await files.syncFolder(layout.root);
  }
  const document = { type: 'camera-retirement', version: 1, ...word } as const;
  const path = join(layout.retirements, word.camera + SUFFIX);
  await replaceDurable(files, path, encodeDocument(retirementSchema, document));
  await files.syncFolder(layout.retirements);
}

export interface RetirementsOptions {
  readonly files: Files;
  /** Where the words lie; it may be missing. */
  readonly folder: string;
  readonly custody: Pick<CustodyLog, 'append' | 'checkpoint'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Enters what people say of cameras. */
export class Retirements {
  readonly #options: RetirementsOptions;
  #toldFailure: string | undefined;

  constructor(options: RetirementsOptions) {
    this.#options = options;
  }

  /** Looks until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#look().catch((error: unknown) => this.#failed(error));
      await this.#options.clock.sleep(LOOK_MS, signal).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const { files, folder } = this.#options;
    if ((await files.stat(folder))?.kind !== 'folder') return;
    const names = (await files.list(folder)).filter((name) => name.endsWith(SUFFIX));
    for (const name of names.sort().slice(0, AT_ONCE_MAX)) await this.#enter(name);
  }

  /** A word goes only once its entry is durable: a cut in between enters it a second time, which says the same. */
  async #enter(name: string): Promise<void> {
    const { files, folder, custody, log } = this.#options;
    const path = join(folder, name);
    try {
      const bytes = await readIfThere(files, path, BYTES_MAX);
      if (bytes === undefined) return;
      const { camera, reason } = parseDocument(retirementSchema, bytes, BYTES_MAX);
      custody.append({ event: 'camera-retired', facts: { camera, reason } });
      await custody.checkpoint();
      log.info('camera retired', { camera, reason });
    } catch (error) {
      if (!(error instanceof DockError) || error.code === 'custody.write-failed') throw error;
      log.warn('invalid camera retirement file removed', { name, error });
    }
    await unlinkIfThere(files, path);
  }

  #failed(error: unknown): void {
    const reason = describeError(error);
    if (reason === this.#toldFailure) return;
    this.#toldFailure = reason; // every 30 s the same
    this.#options.log.warn('camera retirements not readable', { reason });
  }
}
