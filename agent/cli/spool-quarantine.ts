// `bodydock spool quarantine`: what the agent set aside, with why and since when as its custody log says it, and what to do.
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { command, LANG, writeJson } from '../../config/command-line.ts';
import { EXIT_GOOD } from '../../config/exit-codes.ts';
import { STATION_FILE } from '../../config/load.ts';
import { printable } from '../../config/problems.ts';
import type { CustodyEntry } from '../../protocol/custody/custody-entry.ts';
import { eventNeedle, segmentEntries } from '../../protocol/custody/segment-file.ts';
import { SEGMENT_SUFFIX } from '../../protocol/format/file-names.ts';
import { isRecordingId } from '../../protocol/format/ids.ts';
import { type Language, shownAt } from '../evidence/page/language.ts';
import { diskError } from '../evidence/verify/read-files.ts';
import { nodeFiles } from '../platform/files-node.ts';
import { DOCKING_NAME, MANIFEST_NAME, type SpoolLayout } from '../spool/layout.ts';
import { nameBefore } from '../spool/quarantine.ts';
import { SPOOL, spoolOf } from './spool-place.ts';

const ENTRIES_MAX = 10_000;

interface Aside {
  readonly name: string;
  readonly path: string;
  readonly kind: 'recording' | 'docking' | 'other';
  /** By the log; null where it does not say. */
  readonly why: string | null;
  /** By the log, else when it got its present name. */
  readonly since: string;
}

/** Runs the command; gives the exit code. Errors: "usage", "config.refused", "spool.absent", the system's. */
export const listQuarantine = command(
  {
    name: 'bodydock spool quarantine',
    usage: ['[--config FILE] [--lang en|de] [--json]'],
    about:
      'Lists what the agent set aside because it was damaged or unknown: why, since when, and what to do. Changes nothing.',
    options: {
      config: STATION_FILE,
      lang: LANG,
    },
    json: 'one JSON document on standard output',
    exits: '0 listed, also where nothing is there, 1 no spool, 2 usage, 78 configuration.',
  },
  async (line, io) => {
    const language = line.language;
    const { layout } = await spoolOf(line.values.config, io);
    const names = (await nodeFiles().list(layout.quarantine)).sort();
    const reasons =
      names.length === 0 ? new Map<string, SetAside>() : await quarantineReasons(layout, io.signal);
    const entries: Aside[] = [];
    for (const name of names.slice(0, ENTRIES_MAX)) entries.push(await look(layout, name, reasons.get(name)));
    if (line.json)
      writeJson(io, {
        folder: layout.quarantine,
        entries: entries.map(documentOf),
        left_off: names.length - entries.length,
      });
    else io.out(textOf(entries, names.length - entries.length, language));
    return EXIT_GOOD;
  },
);

async function look(layout: SpoolLayout, name: string, told: SetAside | undefined): Promise<Aside> {
  const path = join(layout.quarantine, name);
  const found = await lstat(path).catch(() => undefined);
  const inside =
    found?.isDirectory() === true
      ? await nodeFiles()
          .list(path)
          .catch((): string[] => [])
      : [];
  const isOurs = isRecordingId(nameBefore(name));
  const kind = inside.includes(DOCKING_NAME)
    ? 'docking'
    : isOurs || inside.includes(MANIFEST_NAME)
      ? 'recording'
      : 'other';
  return {
    name,
    path,
    kind,
    why: told?.reason ?? null,
    since: told?.at ?? (found?.ctime ?? new Date(0)).toISOString(),
  };
}

function documentOf({ name, kind, why, since }: Aside): object {
  return { name, kind, why, since };
}

function textOf(entries: readonly Aside[], leftOff: number, language: Language): string {
  const words = SPOOL[language];
  if (entries.length === 0) return `${words('nothingAside')}\n`;
  const lines = entries.flatMap(({ name, path, kind, why, since }) => [
    `${name}  ${words('since', { at: shownAt(since) })}`,
    `  ${words('why')}${why ?? words('unknownWhy')}`,
    `  ${words('toDo')}${words(`remedy.${kind}`)}`,
    `  ${words('command')}${kind === 'other' ? `ls -lR ${path}` : `bodydock verify ${path} --keys KEYS`}`,
  ]);
  if (leftOff > 0) lines.push('', words('leftOff', { count: `${leftOff}` }));
  return [...lines, '', words('closing')].map((each) => `${printable(each)}\n`).join('');
}

// Looks into the custody log for why things were set aside. Reads line by line, never a longer line than an entry may be; what cannot be read
// says nothing and is left out.

/** What the log says of one name. */
interface SetAside {
  readonly reason: string;
  /** RFC 3339, as the station's clock was then. */
  readonly at: string;
}

/** The newest entry of each name. Errors: the system's where the folder cannot be listed, those of the machine, the signal's reason. */
async function quarantineReasons(layout: SpoolLayout, signal: AbortSignal): Promise<Map<string, SetAside>> {
  const found = new Map<string, SetAside>();
  const files = nodeFiles();
  const segments = (await files.list(layout.custody)).filter((name) => name.endsWith(SEGMENT_SUFFIX));
  for (const segment of segments)
    try {
      for await (const entry of segmentEntries({ files, signal }, join(layout.custody, segment), [
        eventNeedle('quarantined'),
      ]))
        take(entry, found);
    } catch (error) {
      signal.throwIfAborted();
      diskError(error); // a damaged one, or one that the agent has let go: what is set aside is told all the same
    }
  return found;
}

function take({ event, at, facts }: CustodyEntry, found: Map<string, SetAside>): void {
  if (event !== 'quarantined') return;
  const name = String(facts['name']);
  const known = found.get(name);
  if (known === undefined || known.at < at) found.set(name, { reason: String(facts['reason']), at });
}
