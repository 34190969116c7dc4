// The id file `spool.json`: says that a folder is a spool of ours, of which version, and which one it is.
//
// Invariants:
// 1. A folder that holds something but no id file is not ours: refused, nothing in it is changed.
// 2. A newer version is refused and nothing is changed.
// 3. The id file is the first thing made in an empty folder, so a cut while a spool is made never leaves a folder that is refused.
// 4. A damaged id file, or what lies in its place, is replaced only where all folders of a spool are there; it goes to the quarantine.
import { join } from 'node:path';
import * as z from 'zod';
import { encodeUtf8, equalBytes, parseUtf8, sha256Hex } from '../../protocol/format/bytes.ts';
import {
  encodeDocument,
  instantSchema,
  parseDocument,
  sessionIdSchema,
  sha256Schema,
} from '../../protocol/documents/document.ts';
import { replaceDurable, UNFINISHED_SUFFIX } from '../../protocol/format/durable.ts';
import { DockError, isDockError, isMachineShort, systemCode } from '../../protocol/format/errors.ts';
import { makeSessionId } from '../../protocol/format/ids.ts';
import type { Clock, Files, Random } from '../../protocol/format/ports.ts';
import { spoolFolders, type SpoolLayout } from './layout.ts';

const IDENTITY_BYTES_MAX = 4096;
/** What an otherwise empty folder may hold: the file system's own, and our own unfinished id file. */
const EMPTY_NAMES: ReadonlySet<string> = new Set(['lost+found', `spool.json${UNFINISHED_SUFFIX}`]);

const identitySchema = z
  .strictObject({
    type: z.literal('spool'),
    version: z.literal(1),
    spool: sessionIdSchema,
    /** A bit of the id that was turned would else make it another spool's, and this one "gone" until the next start. */
    spool_sha256: sha256Schema.optional(),
    made_at: instantSchema,
  })
  .refine(({ spool, spool_sha256 }) => (spool_sha256 ?? digestOf(spool)) === digestOf(spool), {
    message: 'spool_sha256 is not of this id',
  });

function digestOf(id: string): string {
  return sha256Hex(encodeUtf8(id));
}

/** How the id file was found. */
export interface SpoolIdentity {
  /** 128 random bits in base32, drawn when the spool was made. */
  readonly id: string;
  readonly found: 'there' | 'made' | 'replaced';
}

/** What finding the identity needs. */
export interface IdentityDeps {
  readonly files: Files;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly random: Random;
}

function refuse(code: string, message: string, cause?: unknown): never {
  throw new DockError(code, message, { retry: 'person', ...(cause === undefined ? {} : { cause }) });
}

/**
 * Finds out whose folder this is; makes a spool of an empty one.
 * Errors: "spool.foreign" (not a spool), "spool.version" (made by a newer agent), "spool.unreadable"; the system's.
 */
export async function openIdentity(layout: SpoolLayout, deps: IdentityDeps): Promise<SpoolIdentity> {
  const { files } = deps;
  await makeRoot(layout, files);
  const file = await files.stat(layout.identity);
  if (file === undefined) {
    if (await wasReplacing(layout, files)) return { id: await makeIdentity(layout, deps), found: 'replaced' };
    await refuseForeign(layout, files);
    return { id: await makeIdentity(layout, deps), found: 'made' };
  }
  try {
    const bytes =
      file.kind === 'file'
        ? await readIdentity(layout, files)
        : refuse('spool.foreign', 'the id file is no file');
    return { id: parseIdentity(bytes, layout), found: 'there' };
  } catch (error) {
    if (isDockError(error, 'spool.version') || isDockError(error, 'spool.unreadable')) throw error;
    await refuseUnlikely(layout, files, error);
    await keepDamaged(layout, files);
    return { id: await makeIdentity(layout, deps), found: 'replaced' };
  }
}

/**
 * Looks whether the same spool is still there, before something is written into it, and returns what its id file holds. `seen`: what this
 * returned before for the same id; the same bytes are not parsed again.
 * Errors: "spool.gone" where the folder now shows another spool or none: unmounted, or another disk mounted there; "station.short" where
 * the machine could not look.
 */
export async function confirmIdentity(
  layout: SpoolLayout,
  files: Files,
  id: string,
  seen?: Uint8Array,
): Promise<Uint8Array> {
  try {
    const bytes = await files.readAll(layout.identity, IDENTITY_BYTES_MAX);
    if (seen !== undefined && equalBytes(bytes, seen)) return bytes;
    if (parseIdentity(bytes, layout) === id) return bytes;
  } catch (error) {
    if (isMachineShort(error)) throw stationShort(layout, error);
    refuse(
      'spool.gone',
      `the spool is no longer at ${layout.root}: mount it again; nothing is written`,
      error,
    );
  }
  return refuse(
    'spool.gone',
    `another spool is at ${layout.root}: put the right disk back; nothing is written`,
  );
}

function stationShort(layout: SpoolLayout, cause: unknown): DockError {
  const code = systemCode(cause) ?? 'unknown';
  return new DockError(
    'station.short',
    `the station could not look whether the spool is still at ${layout.root} (${code}): it is short of memory or file handles; nothing is written, it is tried again`,
    { cause, retry: 'later', facts: { system_code: code } },
  );
}

async function makeRoot(layout: SpoolLayout, files: Files): Promise<void> {
  const root = await files.stat(layout.root);
  if (root?.kind === 'folder') return;
  if (root !== undefined) refuse('spool.foreign', `spool.path ${layout.root} is not a folder`);
  await files.makeFolder(layout.root);
  await files.syncFolder(join(layout.root, '..'));
}

async function refuseForeign(layout: SpoolLayout, files: Files): Promise<void> {
  const names = (await files.list(layout.root)).filter((name) => !EMPTY_NAMES.has(name));
  if (names.length === 0) return;
  refuse(
    'spool.foreign',
    `${layout.root} holds ${names.length} names but no spool.json: it is not a spool of this program, or not the right disk. ` +
      'Give an empty folder, or mount the disk with the spool; nothing was changed',
  );
}

/** What is too long was damaged; what cannot be read may be whole. */
async function readIdentity(layout: SpoolLayout, files: Files): Promise<Uint8Array> {
  return files.readAll(layout.identity, IDENTITY_BYTES_MAX).catch((error: unknown) => {
    if (systemCode(error) === 'EFBIG') return refuse('spool.foreign', 'the id file is too long', error);
    return refuse(
      'spool.unreadable',
      `${layout.identity} cannot be read (${systemCode(error) ?? 'unknown'}): give it back to the agent's user, or look at the disk; nothing was changed`,
      error,
    );
  });
}

function parseIdentity(bytes: Uint8Array, layout: SpoolLayout): string {
  const version = /"version":(\d+)/.exec(parseUtf8(bytes) ?? '')?.[1];
  if (version !== undefined && Number(version) > 1)
    refuse(
      'spool.version',
      `${layout.identity} says version ${version} of the spool, this agent knows version 1: install the newer agent again; nothing was changed`,
    );
  return parseDocument(identitySchema, bytes, IDENTITY_BYTES_MAX).spool;
}

/** Without an id file that can be read, only the whole set of folders tells a spool from somebody's data. */
async function refuseUnlikely(layout: SpoolLayout, files: Files, cause: unknown): Promise<void> {
  for (const folder of spoolFolders(layout)) {
    if ((await files.stat(folder))?.kind === 'folder') continue;
    refuse('spool.foreign', `${layout.identity} cannot be read and ${folder} is missing: not a spool`, cause);
  }
}

/** As it is, under its name: a new one cannot take the place of a folder, and what is too long is not copied. */
async function keepDamaged(layout: SpoolLayout, files: Files): Promise<void> {
  await files.removeTree(keptIdentity(layout));
  await files.rename(layout.identity, keptIdentity(layout));
  await files.syncFolder(layout.quarantine);
}

function keptIdentity(layout: SpoolLayout): string {
  return join(layout.quarantine, 'spool.json');
}

/** A cut between that and the new id file: only the program itself leaves all folders, and the damaged id file in one of them. */
async function wasReplacing(layout: SpoolLayout, files: Files): Promise<boolean> {
  for (const folder of spoolFolders(layout)) if ((await files.stat(folder))?.kind !== 'folder') return false;
  return (await files.stat(keptIdentity(layout))) !== undefined;
}

async function makeIdentity(layout: SpoolLayout, deps: IdentityDeps): Promise<string> {
  const id = makeSessionId(deps.random);
  const document = encodeDocument(identitySchema, {
    type: 'spool',
    version: 1,
    spool: id,
    spool_sha256: digestOf(id),
    made_at: new Date(deps.clock.wallMs()).toISOString(),
  });
  await replaceDurable(deps.files, layout.identity, document);
  await deps.files.syncFolder(layout.root);
  return id;
}
