// What an alteration of a built vault works with: a copy of it, all keys that were ever used, and where things lie.
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import type { SecretKey } from '../../../protocol/documents/minisign.ts';
import type { SeededRandom } from '../random-seeded.ts';
import type { HonestWorld } from './honest-world.ts';

/** A copy of a vault, or of a kit made of it, that may be altered. */
export interface Altered {
  /** Folder of the copy; with `vault.json` in it where it is one of a vault. */
  readonly vault: string;
  readonly isKit: boolean;
  readonly world: HonestWorld;
  readonly random: SeededRandom;
}

/** What was done. `mustBeFound`: a vault in which nothing else was altered is good for no verifier. */
export interface Done {
  readonly what: string;
  readonly mustBeFound: boolean;
}

/** Alters it and says what it did; undefined where there is nothing that it could alter. */
export type Attack = (altered: Altered) => Promise<Done | undefined>;

/** What may be good: it takes nothing away that others name, or says nothing that counts. */
export function mayBeGood(what: string): Done {
  return { what, mustBeFound: false };
}

/** What no verifier may call good, or where `must` is false what may be. */
export function mustBeFound(what: string, must = true): Done {
  return { what, mustBeFound: must };
}

/** Removes files and folders below the vault; says whether something of them was there. */
export async function takeAway({ vault }: Altered, goes: readonly string[]): Promise<boolean> {
  let wasThere = false;
  for (const gone of goes) {
    wasThere ||= existsSync(join(vault, gone));
    await rm(join(vault, gone), { recursive: true, force: true });
  }
  return wasThere;
}

/** Paths of all files below the copy, sorted. */
export async function filesOf({ vault }: Pick<Altered, 'vault'>): Promise<string[]> {
  const entries = await readdir(vault, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(vault.length + 1))
    .sort();
}

/** Files whose path fits, in the order of their names. */
export async function filesLike(altered: Pick<Altered, 'vault'>, pattern: RegExp): Promise<string[]> {
  return (await filesOf(altered)).filter((path) => pattern.test(path));
}

/** One of those, or undefined where there are none. */
export async function someFile(altered: Altered, pattern: RegExp): Promise<string | undefined> {
  const found = await filesLike(altered, pattern);
  return found.length === 0 ? undefined : altered.random.pick(found);
}

/** Every key that somebody could have got hold of. */
export function stolenKeys({ world: { docks, storeKeys, two } }: Altered): readonly SecretKey[] {
  const { officer, supervisor } = two.builder.orders.keys;
  return [...docks.flatMap(({ stationKeys }) => stationKeys), ...storeKeys, officer, supervisor];
}

/** Where a recording lies in the copy. */
export function folderOf({ isKit }: Pick<Altered, 'isKit'>, station: string, recording: string): string {
  return isKit ? recording : `${station}/${recording}`;
}

/** Where an order lies in the copy. */
export function orderFolder({ isKit }: Altered, station: string, order: string): string {
  return isKit ? `orders/${order}` : `${station}/orders/${order}`;
}

/** A copy's segments of one log, the oldest first; empty where nothing of it is left. */
export async function segmentsOf(altered: Altered, keeper: string): Promise<string[]> {
  const { docks, stores } = altered.world;
  const known =
    docks.find(({ station }) => station === keeper)?.segments ??
    stores.find(({ receiver }) => receiver === keeper)?.log.segments ??
    [];
  const there = new Set(await filesLike(altered, /\.jsonl$/));
  const folder = altered.isKit ? `log/${keeper}` : `${keeper}/custody`;
  return known.map((id) => `${folder}/${id}.jsonl`).filter((path) => there.has(path));
}

/** Whether a log has a line that is no entry: something else has torn or damaged it. */
export async function isTorn({ vault }: Altered, path: string): Promise<boolean> {
  const text = await readFile(join(vault, path), 'utf8');
  try {
    for (const line of text.trimEnd().split('\n')) parseCustodyEntry(Buffer.from(line));
    return false;
  } catch {
    return true;
  }
}

/** Stations and receivers with a folder. */
export async function keepersOf(altered: Altered): Promise<string[]> {
  const names = await readdir(altered.vault, { withFileTypes: true });
  return names
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'policies')
    .map(({ name }) => name)
    .sort();
}
