// `bodydock-receiver restored`: says once, signed, that the vault was restored from a backup (SPEC 4.14). Looks at the vault and at the store's log
// first, and says what the statement says. Both roles sign it afterwards: what was lost since its keeper does not say alone.
import { join } from 'node:path';
import { command, type Io, usageError } from '../../../config/command-line.ts';
import { EXIT_GOOD } from '../../../config/exit-codes.ts';
import { RECEIVER_FILE } from '../../../config/load.ts';
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import { type Role, ROLES, roleSignature, verifyRoles } from '../../../protocol/documents/order.ts';
import { parseReceipt, RECEIPT_BYTES_MAX } from '../../../protocol/documents/receipt.ts';
import {
  encodeRestored,
  parseRestored,
  RESTORED_BYTES_MAX,
  RESTORED_TRUSTED_COMMENT,
  restoredName,
  type Restored,
  type RestoredCheckpoint,
} from '../../../protocol/documents/restored.ts';
import { encodeUtf8, equalBytes, parseUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { ensureFolder, listIfThere, readIfThere, writeAnew } from '../../../protocol/format/durable.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { instantMs } from '../../../protocol/format/instants.ts';
import { isRecordingId, isStationId } from '../../../protocol/format/ids.ts';
import { parseCheckpoint } from '../../../protocol/transparency/checkpoint.ts';
import { NOTE_BYTES_MAX, parseNote } from '../../../protocol/transparency/signed-note.ts';
import { appendStoreEvents, currentLogFolder } from '../custody/store-log.ts';
import { readStatements, type Statement } from '../reconcile/restored-statements.ts';
import { keysOf } from '../retention/orders-read.ts';
import { placeDocument, readDocument } from '../vault/vault-dockings.ts';
import { CHECKPOINT, RECEIPT } from '../vault/vault-layout.ts';
import { underLock } from '../vault/vault-lock.ts';
import { readSigningFolder, writeSigningFolder } from './signing-folder.ts';
import { openRetentionCommand, openStoreCommand, type StoreCommand } from './store-command.ts';

/** What the vault holds. Times in ms since 1970, UTC. */
interface Holdings {
  readonly receipts: number;
  readonly newestMs: number;
}

/** Errors: "usage", "key.*", "vault.*", "lock.*", the system's. In any case of an error: type it again. */
export const restored = command(
  {
    name: 'bodydock-receiver restored',
    usage: [
      '[--preview] [--backup-at TIME] [--config FILE] [--json]',
      '--fetch FOLDER [--config FILE]      puts the newest statement into a folder, for both roles to sign',
      '--place FOLDER [--config FILE]      puts both signatures beside it',
    ],
    about: `
For a vault that was restored from a backup: says so once, signed with the store's key. Until then stations that notice it erase nothing and
keep all copies. After it each station offers again everything that it still holds, and the store takes what it lacks. Type it once the
backup is back, best before the receiver starts; a receiver that runs tells its stations within seconds. Then both roles sign it, as an
order: until they have, stations that know keys of the roles do not follow it, and \`bodydock verify\` does not call the vault good.
`,
    options: {
      preview: { type: 'boolean', text: 'only says what would be said' },
      'backup-at': {
        type: 'string',
        value: 'TIME',
        text: 'before which nothing is missing, such as the beginning of the backup, 2026-11-30T02:00:00Z: for a vault on which receivers ran since it was restored or while it was backed up, or of which a part was lost. Without it the time of the newest receipt in the vault',
      },
      fetch: { type: 'string', value: 'FOLDER', text: 'where it is put' },
      place: { type: 'string', value: 'FOLDER', text: 'where both signatures lie' },
      config: RECEIVER_FILE,
    },
    exits: '0 said, 1 failure, 2 usage, 78 configuration, keys or vault.',
    wordsMax: 0,
  },
  async (line, io) => {
    const { preview = false, 'backup-at': backupAt, fetch, place, config } = line.values;
    if (fetch !== undefined) return fetchStatement(config, fetch, io);
    if (place !== undefined) return placeSignatures(config, place, io);
    const store = await openStoreCommand(config, io);
    const holdings = await lookAtVault(store);
    const before = await readStatements(store.files, store.layout, store.logDeps.log);
    const statement = await compose(store, holdings, { backupAt, last: before.at(-1) });
    if (!preview) await make(store, statement, await missingEntries(store, before));
    const { restored_at, complete_until, custody_head } = statement;
    const checkpoint = statement.version === 2 ? statement.checkpoint : null;
    const facts = { restored_at, complete_until, custody_head, checkpoint, receipts: holdings.receipts };
    const document = { made: !preview, statements_before: before.length, ...facts };
    io.out(line.json ? `${JSON.stringify(document)}\n` : report(statement, holdings, before.at(-1), preview));
    return EXIT_GOOD;
  },
);

/** Name of the statement in the folder that goes to both roles. */
const FILE = 'restored.json';

function signCommand(role: Role): string {
  return `minisign -S -m ${FILE} -x ${roleSignature(FILE, role)} -t "${RESTORED_TRUSTED_COMMENT}" -s KEYFILE`;
}

async function fetchStatement(config: string, out: string, io: Io): Promise<number> {
  const { files, layout, logDeps } = await openStoreCommand(config, io);
  const newest = (await readStatements(files, layout, logDeps.log)).at(-1);
  if (newest === undefined)
    fail('restored.none', 'the vault holds no statement: make it without --fetch first');
  const { restored_at: at, complete_until: until } = newest.restored;
  const commands = ROLES.map((role) => `  ${signCommand(role)}`).join('\n');
  const sheet = `Tresor zurückgespielt am ${at}; was nach ${until} einging, kann fehlen. Beide Rollen unterschreiben in diesem Ordner:
Vault restored at ${at}; what was received after ${until} may be missing. Both roles sign in this folder:
${commands}
`;
  const folder = await writeSigningFolder(files, out, { file: FILE, bytes: newest.document.bytes, sheet });
  io.out(
    `${folder}: both roles sign in it, then: bodydock-receiver restored --place ${folder}\n${commands}\n`,
  );
  return EXIT_GOOD;
}

/** Errors: "order.folder", "order.unsigned", "restored.*", "signature.*". */
async function placeSignatures(config: string, from: string, io: Io): Promise<number> {
  const deps = await openRetentionCommand(config, io);
  const { files, layout } = deps;
  const wanted = { file: FILE, bytesMax: RESTORED_BYTES_MAX, command: signCommand };
  const { bytes, signatures } = await readSigningFolder(files, from, wanted);
  const folder = layout.restored(parseRestored(bytes).receiver);
  const name = restoredName(bytes);
  const known = await readIfThere(files, join(folder, name), RESTORED_BYTES_MAX);
  if (known === undefined || !equalBytes(known, bytes))
    fail('restored.none', 'the vault does not hold that statement: --fetch it again');
  const { officer, supervisor } = signatures;
  if (officer === undefined || supervisor === undefined) {
    const role = officer === undefined ? 'officer' : 'supervisor';
    fail('restored.unsigned', `the ${role} has not signed it: ${signCommand(role)}`);
  }
  const signed = { officer, supervisor };
  verifyRoles('restored', bytes, signed, {
    officer: keysOf(deps, 'officer'),
    supervisor: keysOf(deps, 'supervisor'),
  });
  await underLock(deps, layout.retentionLock, async (workFolder) => {
    for (const role of ROLES) {
      const file = roleSignature(name, role);
      await writeAnew(files, join(workFolder, file), encodeUtf8(signed[role]));
      await files.rename(join(workFolder, file), join(folder, file));
    }
    await files.syncFolder(folder);
  });
  io.out(`Both roles have signed that the vault was restored.\n`);
  return EXIT_GOOD;
}

function fail(code: string, message: string): never {
  throw new DockError(code, message, { retry: 'person' });
}

/** The newest receipt of all stations: what was received later is not here. Errors: the system's. */
async function lookAtVault({ files, layout, logDeps }: StoreCommand): Promise<Holdings> {
  let [receipts, newestMs] = [0, 0];
  for (const station of (await files.list(layout.root)).filter(isStationId))
    for (const recording of (await listIfThere(files, layout.station(station))).filter(isRecordingId)) {
      logDeps.signal.throwIfAborted();
      const path = join(layout.recording({ station, recording }), RECEIPT);
      const receivedMs = receivedAtMs(await readDocument(files, path, RECEIPT_BYTES_MAX));
      if (receivedMs === undefined) continue;
      receipts++;
      newestMs = Math.max(newestMs, receivedMs);
    }
  return { receipts, newestMs };
}

function receivedAtMs(document: Awaited<ReturnType<typeof readDocument>>): number | undefined {
  try {
    return document && Date.parse(parseReceipt(document.bytes).received_at);
  } catch (error) {
    if (error instanceof DockError) return undefined; // `verify` tells of it
    throw error;
  }
}

/**
 * A cut, or what was restored, may have kept the entry of an earlier statement of this receiver out of the log. They are entered with the new
 * one: before that the log may be one to which nothing is added.
 */
async function missingEntries(
  store: StoreCommand,
  statements: readonly Statement[],
): Promise<CustodyEvent[]> {
  const missing: CustodyEvent[] = [];
  for (const { restored: earlier, sha256 } of statements) {
    if (earlier.receiver !== store.config.receiver) continue;
    const event = entryOf(earlier, sha256);
    if (!(await store.isEntered(event, sha256))) missing.push(event);
  }
  return missing;
}

async function compose(
  { config, vault, clock, logDeps }: StoreCommand,
  { newestMs }: Holdings,
  { backupAt, last }: { readonly backupAt: string | undefined; readonly last: Statement | undefined },
): Promise<Restored> {
  const backupMs = backupAt === undefined ? Number.POSITIVE_INFINITY : (atMs(backupAt) ?? noTime(backupAt));
  const lastMs = last === undefined ? 0 : Date.parse(last.restored.restored_at) + 1;
  const restoredMs = Math.max(clock.wallMs(), lastMs);
  const { head } = await appendStoreEvents(logDeps, []);
  return {
    type: 'restored',
    version: 2,
    receiver: config.receiver,
    vault,
    restored_at: new Date(restoredMs).toISOString(),
    complete_until: new Date(Math.min(newestMs, backupMs, restoredMs)).toISOString(),
    custody_head: head,
    checkpoint: await heldCheckpoint(logDeps),
  };
}

/** The newest one of the tree that this statement ends; null where none is there that can be read. Errors: the system's. */
async function heldCheckpoint(deps: StoreCommand['logDeps']): Promise<RestoredCheckpoint | null> {
  const path = join(await currentLogFolder(deps), CHECKPOINT);
  const note = await readIfThere(deps.files, path, NOTE_BYTES_MAX);
  try {
    const { origin, size, root } = parseCheckpoint(parseNote(parseUtf8(note ?? new Uint8Array()) ?? '').text);
    return { origin, size, root: Buffer.from(root).toString('hex') };
  } catch (error) {
    if (error instanceof DockError) return null;
    throw error;
  }
}

/** Undefined for what is no time in UTC. */
function atMs(text: string): number | undefined {
  return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) ? (instantMs(text) ?? undefined) : undefined;
}

function noTime(text: string): never {
  throw usageError(`--backup-at ${JSON.stringify(text)}: a time in UTC, such as 2026-11-30T02:00:00Z`);
}

async function make(
  store: StoreCommand,
  statement: Restored,
  missing: readonly CustodyEvent[],
): Promise<void> {
  const { files, layout, signer, config } = store;
  const bytes = encodeRestored(statement);
  const signature = await signer.sign(bytes, RESTORED_TRUSTED_COMMENT);
  const folder = layout.restored(config.receiver);
  for (const path of [layout.keeper(config.receiver), folder]) await ensureFolder(files, path);
  await placeDocument(files, join(folder, restoredName(bytes)), { bytes, signature });
  for (const path of [layout.keeper(config.receiver), layout.root]) await files.syncFolder(path);
  await store.enter([...missing, entryOf(statement, sha256Hex(bytes))]);
}

function entryOf({ complete_until }: Restored, sha256: string): CustodyEvent {
  return { event: 'restored', facts: { restored_sha256: sha256, complete_until } };
}

function report(
  { restored_at: at, complete_until: until, custody_head: head }: Restored,
  { receipts, newestMs }: Holdings,
  last: Statement | undefined,
  preview: boolean,
): string {
  const newest = receipts === 0 ? 'none' : new Date(newestMs).toISOString();
  return `The vault holds ${receipts} receipts; the newest is from ${newest}.
The store's own log ends with ${head === null ? 'nothing' : `entry ${head.sequence} of segment ${head.segment}`}.
Statements before: ${last === undefined ? 'none' : `the last one is from ${last.restored.restored_at}`}.
${preview ? 'The statement would say' : 'The statement says'}: restored at ${at}; what was received after ${until} may be missing.
${
  preview
    ? 'Nothing was made. Without --preview it is signed, entered into the log, and told to the stations.'
    : `It is signed and entered into the log. Stations offer again what they still hold as soon as they hear of it. Then \`bodydock-receiver
reconcile\` says what did not come again.
Both roles sign it next: bodydock-receiver restored --fetch FOLDER says how.`
}
`;
}
