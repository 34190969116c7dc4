// What somebody does to a vault who can write there and has no key: takes away, cuts, exchanges, doubles, and puts lines after what is signed.
import { existsSync } from 'node:fs';
import { appendFile, cp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { keyIdHex } from '../../../protocol/documents/minisign.ts';
import { damage } from '../manipulations/random-damage.ts';
import { appendUnsigned, openUnsigned } from '../unsigned-lines.ts';
import {
  filesLike,
  isTorn,
  keepersOf,
  mayBeGood,
  mustBeFound,
  segmentsOf,
  someFile,
  stolenKeys,
  takeAway,
  type Attack,
} from './attack.ts';
import { someDropped, excuseFor } from './excuses.ts';

/** Without them something is missing that is named, or signed, by what is left. Receipts and dockings: only of a vault, which is whole. */
const NEEDED =
  /\/(payload\.age|chunks\.bin|(manifest|docking|deletion|policy|order|report|text)\.json|[a-z]+\.json(\.[a-z]+)?\.minisig)$/;
const RANDOM_ID = (letter: string): string => `${letter.repeat(25)}a`;

const removeFile: Attack = async (altered) => {
  const path = await someFile(altered, /./);
  if (path === undefined) return undefined;
  await rm(join(altered.vault, path));
  const isJudged = altered.world.rolesGiven || !/^policies\/.*\.minisig$/.test(path);
  return mustBeFound(`${path} taken away`, NEEDED.test(path) && isJudged);
};

const removeFolder: Attack = async (altered) => {
  const path = await someFile(altered, /\/(receipt|manifest|docking|report|text)\.json$/);
  if (path === undefined) return undefined;
  await rm(join(altered.vault, dirname(path)), { recursive: true });
  // A kit may be without it.
  return mustBeFound(`${dirname(path)} taken away`, existsSync(join(altered.vault, 'vault.json')));
};

const removePart: Attack = async (altered) => {
  const keeper = altered.random.pick([...(await keepersOf(altered)), 'policies']);
  const part = altered.random.pick(['', 'custody', 'keys', 'log', 'orders']);
  const path = join(keeper, part);
  await rm(join(altered.vault, path), { recursive: true, force: true });
  return mayBeGood(`${path} taken away`);
};

const removeSegments: Attack = async (altered) => {
  const keeper = altered.random.pick(await keepersOf(altered));
  const segments = await segmentsOf(altered, keeper);
  if (segments.length === 0) return undefined;
  const at = altered.random.below(segments.length);
  const gone = altered.random.pick([
    segments.slice(0, at + 1),
    segments.slice(at),
    segments.slice(at, at + 1),
  ]);
  for (const path of gone) await rm(join(altered.vault, path));
  return mayBeGood(`${gone.join(', ')} taken away`);
};

const cutSegment: Attack = async (altered) => {
  const path = await someFile(altered, /\.jsonl$/);
  if (path === undefined) return undefined;
  const lines = (await readFile(join(altered.vault, path), 'utf8')).trimEnd().split('\n');
  const left = altered.random.pick([lines.length - 1, lines.length - 2, altered.random.below(lines.length)]);
  if (left <= 0) return undefined;
  await writeFile(join(altered.vault, path), `${lines.slice(0, left).join('\n')}\n`);
  return mayBeGood(`${path} cut to ${left} of ${lines.length} lines`);
};

const exchangeFiles: Attack = async (altered) => {
  const one = await someFile(altered, /./);
  if (one === undefined) return undefined;
  const name = one.replace(/^.*\//, '').replace(/^[a-z2-7]{26}|^[0-9a-f]{16}|^[0-9-]{10}/, '');
  const like = (await filesLike(altered, /./)).filter((path) => path !== one && path.endsWith(name));
  if (like.length === 0) return undefined;
  const other = altered.random.pick(like);
  const [first, second] = [
    await readFile(join(altered.vault, one)),
    await readFile(join(altered.vault, other)),
  ];
  if (first.equals(second)) return undefined;
  await writeFile(join(altered.vault, one), second);
  await writeFile(join(altered.vault, other), first);
  return mustBeFound(
    `${one} exchanged with ${other}`,
    /\.(json|age|bin|jsonl)$/.test(one) && !one.endsWith('newest.json'),
  );
};

const moveFolder: Attack = async (altered) => {
  const path = await someFile(altered, /\/(receipt|manifest|docking|report|text|order)\.json$|\/keys\//);
  if (path === undefined) return undefined;
  const [from = '', part = ''] = path.split('/');
  const others = (await keepersOf(altered)).filter((name) => name !== from);
  if (others.length === 0) return undefined;
  const target = join(altered.random.pick(others), part);
  const isCopied = altered.random.below(2) === 0;
  const [source, copy] = [join(altered.vault, from, part), join(altered.vault, target)];
  await cp(source, copy, { recursive: true });
  if (!isCopied) await rm(source, { recursive: true });
  return mayBeGood(`${from}/${part} ${isCopied ? 'copied' : 'moved'} to ${target}`);
};

const renameKeeper: Attack = async (altered) => {
  const from = altered.random.pick(await keepersOf(altered));
  const to = from.startsWith('r-') ? 'r-evil' : 'dock-9';
  if (from === to) return undefined;
  const isCopied = altered.random.below(2) === 0;
  await cp(join(altered.vault, from), join(altered.vault, to), { recursive: true });
  if (!isCopied) await rm(join(altered.vault, from), { recursive: true });
  return mayBeGood(`${from} ${isCopied ? 'copied' : 'renamed'} to ${to}`);
};

const doubleSegment: Attack = async (altered) => {
  const path = await someFile(altered, /\.jsonl$/);
  if (path === undefined) return undefined;
  const other = join(dirname(path), `${RANDOM_ID('q')}.jsonl`);
  if (other === path) return undefined; // doubled before
  await (altered.random.below(2) === 0 ? cp : rename)(join(altered.vault, path), join(altered.vault, other));
  return mustBeFound(`${path} doubled or renamed as ${other}`);
};

/** A line that nobody signed, and what it would excuse taken away, or not. */
const appendLine: Attack = async (altered) => {
  const excuse = await excuseFor(altered);
  if (excuse === undefined) return undefined;
  const segments = await segmentsOf(altered, excuse.keeper);
  const path = segments.at(altered.random.below(3) === 0 ? 0 : -1);
  if (path === undefined || (await isTorn(altered, path))) return undefined;
  const wasThere = await takeAway(altered, altered.random.below(3) === 0 ? [] : excuse.goes);
  await appendUnsigned(join(altered.vault, path), excuse.event, excuse.facts);
  const what = `'${excuse.event}' put behind the end of ${path}: ${JSON.stringify(excuse.facts)}; without ${excuse.goes.join(', ')}`;
  return mustBeFound(what, wasThere);
};

const openSegment: Attack = async (altered) => {
  const keeper = altered.random.pick(await keepersOf(altered));
  const newest = (await segmentsOf(altered, keeper)).at(-1);
  if (newest === undefined || (await isTorn(altered, newest))) return undefined;
  const old = keyIdHex(altered.random.pick(stolenKeys(altered)).keyId);
  let at = join(altered.vault, newest);
  const count = 1 + altered.random.below(2);
  for (let number = 0; number < count; number++) {
    at = await openUnsigned(at, RANDOM_ID(number === 0 ? 'x' : 'y'), keeper);
    const facts = { old_key_id: old, new_key_id: old, change_sha256: '0'.repeat(64) };
    if (altered.random.below(2) === 0) await appendUnsigned(at, 'key-changed', facts);
  }
  return mayBeGood(`${count} segments that nobody signed put behind ${newest}`);
};

const tearLine: Attack = async (altered) => {
  const path = await someFile(altered, /\.jsonl$/);
  if (path === undefined) return undefined;
  await appendFile(join(altered.vault, path), '{"at":"2026-');
  return mayBeGood(`a torn line behind ${path}`);
};

const turnBits: Attack = async ({ vault, random }) => mayBeGood(await damage(vault, random));

/** An excuse of a recording by a line that stands where its own store's log is not. */
const foreignLine: Attack = async (altered) => {
  const facts = someDropped(altered);
  const path = await someFile(altered, /dock-\d\/custody\/.*\.jsonl$/);
  if (facts === undefined || path === undefined || (await isTorn(altered, path))) return undefined;
  await rm(join(altered.vault, facts.station, facts.recording), { recursive: true, force: true });
  await appendUnsigned(join(altered.vault, path), 'documents-dropped', { ...facts });
  return mustBeFound(`'documents-dropped' of ${facts.recording} in ${path}`);
};

/** Those of them that any folder of documents can suffer. */
export const DAMAGED: readonly Attack[] = [removeFile, removeFolder, exchangeFiles, turnBits];

/** All of them. */
export const ATTACKS_WITHOUT_KEYS: readonly Attack[] = [
  removeFile,
  removeFolder,
  removePart,
  removeSegments,
  cutSegment,
  exchangeFiles,
  moveFolder,
  renameKeeper,
  doubleSegment,
  appendLine,
  appendLine,
  openSegment,
  tearLine,
  turnBits,
  turnBits,
  foreignLine,
];
