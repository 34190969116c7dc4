// `bodydock-receiver hold`, `unhold` and `delete`: an order in three steps. One person makes its text, two persons sign it wherever their
// keys are, one person places it. No secret key of a role ever comes near this program.
import { command, type Command, type Io, usageError } from '../../../config/command-line.ts';
import { EXIT_FAILURE, EXIT_GOOD } from '../../../config/exit-codes.ts';
import { RECEIVER_FILE } from '../../../config/load.ts';
import {
  type Order,
  ORDER_BYTES_MAX,
  parseOrder,
  reasonCodeSchema,
} from '../../../protocol/documents/order.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { isStationId } from '../../../protocol/format/ids.ts';
import type { RetentionDeps } from '../retention/deps.ts';
import { effectOf, isDone } from '../retention/order-list.ts';
import { makeOrder, placeOrder } from '../retention/order-place.ts';
import { ORDER_FILE } from '../retention/orders-read.ts';
import { namedRecording } from '../vault/named-recordings.ts';
import type { RecordingName } from '../vault/vault.ts';
import { madeJson, madeText, placedJson, placedText, signCommand, signSheet } from './order-texts.ts';
import { readSigningFolder, writeSigningFolder } from './signing-folder.ts';
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
  const folder = await writeSigningFolder(deps.files, out ?? `order-${made.order.order}`, {
    file: ORDER_FILE,
    bytes: made.bytes,
    sheet: signSheet(made),
  });
  if (json) io.out(`${JSON.stringify({ placed: false, folder, ...madeJson(made) })}\n`);
  else io.out(madeText(made, folder, deps.clock.wallMs()));
  return EXIT_GOOD;
}

async function place(
  deps: RetentionDeps,
  io: Io,
  { verb, folder, json }: { verb: Order['verb']; folder: string; json: boolean },
): Promise<number> {
  const { bytes, signatures } = await readSigningFolder(deps.files, folder, {
    file: ORDER_FILE,
    bytesMax: ORDER_BYTES_MAX,
    command: signCommand,
  });
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
