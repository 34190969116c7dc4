// `bodydock-receiver hold`, `unhold` and `delete`: an order in three steps. One person makes its text, two persons sign it wherever their
// keys are, one person places it. No secret key of a role ever comes near this program.
import { join, resolve } from 'node:path';
import { command, type Command, type Io, usageError } from '../../../config/command-line.ts';
import { EXIT_FAILURE, EXIT_GOOD } from '../../../config/exit-codes.ts';
import { RECEIVER_FILE } from '../../../config/load.ts';
import {
  type Order,
  ORDER_BYTES_MAX,
  parseOrder,
  reasonCodeSchema,
  type Role,
  ROLES,
} from '../../../protocol/documents/order.ts';
import { encodeUtf8, parseUtf8 } from '../../../protocol/format/bytes.ts';
import { readIfThere, writeAnew } from '../../../protocol/format/durable.ts';
import { DockError, systemCode } from '../../../protocol/format/errors.ts';
import { isStationId } from '../../../protocol/format/ids.ts';
import { SIGNATURE_FILE_BYTES_MAX } from '../../../protocol/format/limits.ts';
import type { Files } from '../../../protocol/format/ports.ts';
import type { RetentionDeps } from '../retention/deps.ts';
import { effectOf, isDone } from '../retention/order-list.ts';
import { makeOrder, type OrderSignatures, placeOrder } from '../retention/order-place.ts';
import { ORDER_FILE, signatureFile } from '../retention/orders-read.ts';
import { namedRecording } from '../vault/named-recordings.ts';
import type { RecordingName } from '../vault/vault.ts';
import { madeText, placedJson, placedText, signCommand, signSheet } from './order-texts.ts';
import { openRetentionCommand } from './store-command.ts';

const WHAT = {
  hold: 'keeps a recording past its due date: 7 days with one signature, until `unhold` with both',
  unhold: 'ends the holds of a recording that were ordered before. It counts only with both signatures',
  delete:
    'deletes a recording early, with its sidecars. It counts only with both signatures, and not while a hold does',
} as const;

function orderCommand(verb: Order['verb']): Command {
  return command(
    {
      name: `bodydock-receiver ${verb}`,
      usage: [
        '[STATION] RECORDING --reason CODE [--out FOLDER] [--config FILE] [--json]  1. makes the order',
        '--place FOLDER [--config FILE] [--json]  2. places it once it is signed',
      ],
      about: `
An order to ${verb}: ${WHAT[verb]}.
In between, an officer and a supervisor sign the text in that folder, each with a key of their own that never leaves them:
  ${signCommand('officer')}
  ${signCommand('supervisor')}
RECORDING is the id of a recording, or its beginning as \`bodydock ls\` shows it.
A signature that comes later is placed by the same command; \`bodydock-receiver orders\` shows what counts and what waits.
`,
      options: {
        reason: {
          type: 'string',
          value: 'CODE',
          text: 'why: 1 to 64 of a-z, 0-9 and "-", such as the number of the case; no words and no names',
        },
        out: { type: 'string', value: 'FOLDER', text: 'where the order is put (default ./order-ID)' },
        place: { type: 'string', value: 'FOLDER', text: 'the folder of an order that is signed' },
        config: RECEIVER_FILE,
      },
      exits:
        '0 done, 1 refused, or placed and without effect (a hold that keeps nothing, a deletion by both that was not carried out), 2 usage, 78 configuration, keys or vault.',
      wordsMax: 2,
    },
    async ({ values: { reason, out, place: folder, config }, words, json }, io) => {
      if (folder !== undefined) {
        if (words.length > 0 || reason !== undefined || out !== undefined)
          throw usageError('--place goes with a folder alone: the order in it says what it is about');
        const deps = await openRetentionCommand(config, io);
        return place(deps, io, { verb, folder, json });
      }
      const code = reasonOf(verb, reason);
      const [station, word] = words.length > 1 ? words : [undefined, words[0]];
      if (word === undefined || (station !== undefined && !isStationId(station)))
        throw usageError(
          `\`${verb}\` wants the id of a recording as \`bodydock ls\` shows it, its station before it where you like`,
        );
      const deps = await openRetentionCommand(config, io);
      const name = await namedRecording(deps.files, deps.vaultPath, word, station);
      return make(deps, io, { wish: { verb, reason: code, ...name }, out, json });
    },
  );
}

/** Errors of the three: "usage", "order.*", "key.*", "vault.*", "lock.*", the system's. */
export const hold = orderCommand('hold');
export const unhold = orderCommand('unhold');
export const deleteEarly = orderCommand('delete');

async function make(
  deps: RetentionDeps,
  io: Io,
  {
    wish,
    out,
    json,
  }: { wish: RecordingName & Pick<Order, 'verb' | 'reason'>; out: string | undefined; json: boolean },
): Promise<number> {
  const made = await makeOrder(deps, wish);
  const folder = await writeOrderFolder(deps.files, out ?? `order-${made.order.order}`, {
    bytes: made.bytes,
    sheet: signSheet(made),
  });
  const held = made.hold && { order: made.hold.order.order, until: made.hold.until };
  const deletion = made.deletion && { order: made.deletion.order, reason: made.deletion.reason };
  const facts = { due_at: made.dueAt, held: held ?? null, deletion: deletion ?? null };
  if (json) io.out(`${JSON.stringify({ placed: false, order: made.order, folder, ...facts })}\n`);
  else io.out(madeText(made, folder, deps.clock.wallMs()));
  return EXIT_GOOD;
}

async function place(
  deps: RetentionDeps,
  io: Io,
  { verb, folder, json }: { verb: Order['verb']; folder: string; json: boolean },
): Promise<number> {
  const { bytes, signatures } = await readOrderOf(deps.files, folder);
  const { verb: ordered } = parseOrder(bytes);
  if (ordered !== verb)
    throw new DockError(
      'order.verb',
      `that is an order to ${ordered}, and you typed ${verb}: read it, and type \`bodydock-receiver ${ordered} --place ...\` if that is what you want`,
      { retry: 'person' },
    );
  const placed = await placeOrder(deps, bytes, signatures);
  const effect = await effectOf(deps, placed.read);
  io.out(json ? placedJson(placed, effect) : placedText(placed, effect, deps.clock.wallMs()));
  return isDone(placed.read, effect) ? EXIT_GOOD : EXIT_FAILURE;
}

function reasonOf(verb: string, reason: string | undefined): string {
  if (reason === undefined) throw usageError(`\`${verb}\` wants RECORDING --reason CODE, or --place FOLDER`);
  if (reasonCodeSchema.safeParse(reason).success) return reason;
  throw usageError(
    '--reason wants a code of 1 to 64 of a-z, 0-9 and "-", such as the number of the case; no words and no names',
  );
}

// The folder in which an order goes from hand to hand: its text, the sheet that says how to sign, and the signatures that came so far.

const SHEET = 'sign.txt';

/** Makes the folder; gives its absolute path. Errors: "order.folder" where something of that name is there or nothing can be written. */
export async function writeOrderFolder(
  files: Files,
  path: string,
  content: { readonly bytes: Uint8Array; readonly sheet: string; readonly signatures?: OrderSignatures },
): Promise<string> {
  const folder = resolve(path);
  try {
    await files.makeFolder(folder);
    await writeAnew(files, join(folder, ORDER_FILE), content.bytes);
    await writeAnew(files, join(folder, SHEET), encodeUtf8(content.sheet));
    for (const role of ROLES) {
      const text = content.signatures?.[role];
      if (text !== undefined) await writeAnew(files, join(folder, signatureFile(role)), encodeUtf8(text));
    }
  } catch (error) {
    throw unwritable(folder, error);
  }
  return folder;
}

/** What lies in it. Errors: "order.folder" where there is no order in it; "order.unsigned" where there is no signature. */
async function readOrderOf(
  files: Files,
  path: string,
): Promise<{ readonly bytes: Uint8Array; readonly signatures: OrderSignatures }> {
  const folder = resolve(path);
  const bytes = await readPart(files, join(folder, ORDER_FILE), ORDER_BYTES_MAX);
  if (bytes === undefined)
    throw fail('order.folder', `${folder} holds no ${ORDER_FILE}: name the folder that the command made`);
  const signatures: Partial<Record<Role, string>> = {};
  for (const role of ROLES) {
    const text = await readPart(files, join(folder, signatureFile(role)), SIGNATURE_FILE_BYTES_MAX);
    if (text !== undefined) signatures[role] = parseUtf8(text) ?? '';
  }
  if (Object.keys(signatures).length > 0) return { bytes, signatures };
  const commands = ROLES.map((role) => `\n  ${role}: ${signCommand(role)}`).join('');
  throw fail('order.unsigned', `${folder} holds no signature yet; in that folder${commands}`);
}

async function readPart(files: Files, path: string, bytesMax: number): Promise<Uint8Array | undefined> {
  try {
    return await readIfThere(files, path, bytesMax);
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw fail('order.folder', `${path} cannot be read (${code})`, error);
  }
}

function unwritable(folder: string, error: unknown): DockError {
  const code = systemCode(error);
  if (code === 'EEXIST')
    return fail('order.folder', `${folder} is there already: name another one with --out`, error);
  return fail(
    'order.folder',
    `${folder} could not be written (${code ?? 'unknown error'}): name another one with --out`,
    error,
  );
}

function fail(code: string, message: string, cause?: unknown): DockError {
  return new DockError(code, message, { retry: 'person', cause });
}
