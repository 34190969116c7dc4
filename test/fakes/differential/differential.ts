// Sets the two verifiers against each other: worlds out of a seed, honest and altered, and what each says of them. The product is asked in
// this process, the one in Python in one that stays, both at the same time.
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exportCommand } from '../../../agent/cli/export.ts';
import { filesAtOnce } from '../../../agent/platform/files-at-once.ts';
import { verifyFolder } from '../../../agent/evidence/verify/verify-place.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { runCommand } from '../../unit/cli/io-memory.ts';
import { knowSignatures } from '../known-signatures.ts';
import { codesOf, type Judgement, type PythonJudge } from '../manipulations/judges.ts';
import { seededRandom } from '../random-seeded.ts';
import { filesOf, type Attack, type Done } from './attack.ts';
import { ATTACKS_OF_KEEPERS, KEEPERS_OF_KITS } from './attacks-of-keepers.ts';
import { ATTACKS_OF_OPERATORS, OPERATORS_OF_KITS } from './attacks-of-operators.ts';
import { ATTACKS_ON_STAFF_DOCUMENTS } from './attacks-on-staff-documents.ts';
import { ATTACKS_ON_KITS } from './attacks-on-kits.ts';
import { sayOtherwise } from './attacks-with-all-keys.ts';
import { ATTACKS_WITH_KEYS, RESIGNED } from './attacks-with-keys.ts';
import { ATTACKS_WITHOUT_KEYS, DAMAGED } from './attacks-without-keys.ts';
import { buildHonestWorld, type HonestWorld } from './honest-world.ts';

const ATTACKS: Readonly<Record<'vault' | 'kit', readonly Attack[]>> = {
  vault: [
    ...ATTACKS_WITHOUT_KEYS,
    ...ATTACKS_WITH_KEYS,
    ...ATTACKS_OF_KEEPERS,
    ...ATTACKS_OF_OPERATORS,
    sayOtherwise,
    ...ATTACKS_ON_STAFF_DOCUMENTS,
  ],
  kit: [...DAMAGED, ...RESIGNED, ...ATTACKS_ON_KITS, ...KEEPERS_OF_KITS, ...OPERATORS_OF_KITS],
};
/** Recordings of one kit. */
const KIT_RECORDINGS_MAX = 3;
/** Attempts to alter a world: some find nothing there that they could alter. */
const TRIES_MAX = 20;

/** A vault of which the two do not say the same, or an honest one that both refuse. */
export interface Disagreement {
  readonly seed: number;
  /** 0: as it was built. */
  readonly number: number;
  readonly what: string;
  /** `good`, `not judged`, or codes of what was found. */
  readonly product: string;
  readonly python: string;
}

/** Copies that were altered in one way, alone or with another one, and what both verifiers say of them. */
export interface KindCompared {
  readonly altered: number;
  readonly refused: number;
  readonly passed: number;
}

/** What came of it. */
export interface Compared {
  /** Copies of which a byte, a file or a name is another one than in what they were copied from. */
  readonly altered: number;
  /** Of these, by the name of the attack. */
  readonly kinds: Readonly<Record<string, KindCompared>>;
  /** Altered ones that both refuse. */
  readonly refused: number;
  /** What was done to altered ones that both call good, with their numbers: where that may be, and where it may not. */
  readonly passed: readonly string[];
  readonly missed: readonly string[];
  readonly disagreements: readonly Disagreement[];
}

/** Names of all attacks on a vault, or on a kit. */
export function kindsOf(what: 'vault' | 'kit'): string[] {
  return [...new Set(ATTACKS[what].map(({ name }) => name))];
}

/** The vault of a seed, or a kit made of it, and so many altered copies, in a folder that is made, and removed unless it is to be kept. */
export async function compareWorld(
  root: string,
  seed: number,
  alterations: number,
  {
    python,
    what = 'vault',
    keep = false,
  }: { readonly python: PythonJudge; readonly what?: 'vault' | 'kit'; readonly keep?: boolean },
): Promise<Compared> {
  await mkdir(root, { recursive: true });
  try {
    const world = await buildHonestWorld(join(root, 'world'), seed);
    const { keys } = world.two.builder;
    const vault = what === 'vault' ? world.two.builder.vault : await kitOf(world, join(root, 'kit'));
    const none = { altered: 0, kinds: {}, refused: 0, passed: [], missed: [], disagreements: [] };
    if (vault === undefined) return none;
    if (typeof vault !== 'string') {
      const told = { seed, number: 0, what: world.story.join('; '), product: vault.err, python: 'not asked' };
      return { ...none, disagreements: [told] };
    }
    const copies: Copy[] = [{ vault, what: world.story.join('; '), mustBeFound: false, kinds: [] }];
    for (let number = 1; number <= alterations; number++) {
      const turn = seed * alterations + number;
      copies.push(await alter(world, { from: vault, folder: join(root, `${number}`), number, turn, what }));
    }
    const paths = copies.map((copy) => copy.vault);
    const [saidByPython, saidByProduct] = await Promise.all([
      python.judge(paths, { keys }),
      judgeInProcess(paths, world),
    ]);
    const disagreements: Disagreement[] = [];
    const [passed, missed]: [string[], string[]] = [[], []];
    const kinds: Record<string, KindCompared> = {};
    let refused = 0;
    for (const [number, copy] of copies.entries()) {
      const [product, python] = [saidByProduct[number], saidByPython[number]];
      if (product === undefined || python === undefined) throw new Error('a vault was not judged');
      const isOne = kindOf(product) === kindOf(python);
      const counted = { refused: Number(isOne && !product.good), passed: Number(isOne && product.good) };
      if (number > 0) refused += counted.refused;
      for (const kind of copy.kinds) kinds[kind] = sumOf(kinds[kind], { altered: 1, ...counted });
      if (number > 0 && isOne && product.good)
        (copy.mustBeFound ? missed : passed).push(`${number}: ${copy.what} [${world.story.join('; ')}]`);
      const isGood = product.good || (!world.rolesGiven && kindOf(product) === 'not judged');
      if (isOne && (number > 0 || isGood)) continue;
      const what = number === 0 ? copy.what : `${copy.what} [${world.story.join('; ')}]`;
      disagreements.push({ seed, number, what, product: verdictOf(product), python: verdictOf(python) });
    }
    const altered = copies.filter((copy) => copy.kinds.length > 0).length;
    return { altered, kinds, refused, passed, missed, disagreements };
  } finally {
    if (!keep) await rm(root, { recursive: true, force: true });
  }
}

/** Both together. */
export function sumOf(one: KindCompared | undefined, other: KindCompared): KindCompared {
  if (one === undefined) return other;
  const { altered, refused, passed } = one;
  return {
    altered: altered + other.altered,
    refused: refused + other.refused,
    passed: passed + other.passed,
  };
}

/** A vault to be judged, and what was done to it: `kinds` is empty where it is still what it was copied from. */
interface Copy extends Done {
  readonly vault: string;
  readonly kinds: readonly string[];
}

/** `turn`: of all copies of all worlds; so each kind of attack has its turn. */
interface Alteration {
  readonly from: string;
  readonly folder: string;
  readonly number: number;
  readonly turn: number;
  readonly what: 'vault' | 'kit';
}

/** A copy that some attack altered, or two one after the other. */
async function alter(world: HonestWorld, { from, folder, number, turn, what }: Alteration): Promise<Copy> {
  const vault = join(folder, 'vault');
  copyFolder(from, vault);
  const random = seededRandom(Math.imul(number, 7919) ^ world.two.builder.random.uint32());
  const done: Done[] = [];
  const kinds = new Set<string>();
  const names = kindsOf(what);
  const ofTurn = ATTACKS[what].find(({ name }) => name === names[turn % names.length]);
  const wanted = random.below(3) === 0 ? 2 : 1;
  for (let tries = 0; tries < TRIES_MAX && done.length < wanted; tries++) {
    const attack = (tries === 0 ? ofTurn : undefined) ?? random.pick(ATTACKS[what]);
    const did = await attack({ vault, isKit: what === 'kit', world, random });
    if (did === undefined) continue;
    done.push(did);
    kinds.add(attack.name);
  }
  const told = done.map((did) => did.what).join(' AND ');
  // Of two, the second may take away what shows the first.
  const isFound = done.length === 1 && done[0]?.mustBeFound === true;
  const isAltered = await differ(from, vault);
  const said = told.replaceAll(`${folder}/`, '');
  return { vault, what: said, mustBeFound: isFound, kinds: isAltered ? [...kinds] : [] };
}

/** Whether two folders do not hold the same files with the same bytes. */
async function differ(one: string, other: string): Promise<boolean> {
  const [names, others] = [await filesOf({ vault: one }), await filesOf({ vault: other })];
  const isSame = (name: string): boolean =>
    readFileSync(join(one, name)).equals(readFileSync(join(other, name)));
  return names.join('\n') !== others.join('\n') || !names.every(isSame);
}

/** A kit of the first recordings; undefined where nothing is there any more, `err` where a good vault gives none. */
async function kitOf(world: HonestWorld, out: string): Promise<string | { err: string } | undefined> {
  const { vault, keys } = world.two.builder;
  const ids = world.recordings.filter(({ receipt }) => receipt !== undefined).map(({ id }) => id);
  if (ids.length === 0) return undefined;
  const asked = [...ids.slice(0, KIT_RECORDINGS_MAX), '--vault', vault, '--keys', keys, '--out', out];
  const { exitCode, err } = await runCommand(exportCommand, ...asked, '--reason', 'court');
  return exitCode === 0 ? out : { err };
}

/** Files and folders alone; synchronously, which for many small ones takes a fifth of the time. */
function copyFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, copy] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyFolder(source, copy);
    else copyFileSync(source, copy);
  }
}

function kindOf({ good, findings }: Judgement): 'good' | 'not judged' | 'refused' {
  if (good) return 'good';
  return findings.length === 0 ? 'not judged' : 'refused';
}

function verdictOf(said: Judgement): string {
  const kind = kindOf(said);
  return kind === 'refused' ? codesOf(said).join(' ') : kind;
}

async function judgeInProcess(vaults: readonly string[], world: HonestWorld): Promise<Judgement[]> {
  // Copies have most signatures in common: one in four is calculated again.
  const forget = knowSignatures();
  try {
    const said: Judgement[] = [];
    for (const vault of vaults) said.push(await judgeOne(vault, world));
    return said;
  } finally {
    forget();
  }
}

type Said = Readonly<Record<'kind' | 'code' | 'where' | 'message', string>>;

async function judgeOne(vault: string, { two: { builder } }: HonestWorld): Promise<Judgement> {
  const findings: { code: string; place: string; detail: string }[] = [];
  const take = ({ kind, code, where, message }: Said): void => {
    if (kind === 'finding') findings.push({ code, place: where, detail: message });
  };
  const all = ({ remarks }: { readonly remarks: readonly Said[] }): void => remarks.forEach(take);
  const asked = {
    files: filesAtOnce(),
    keysFolder: builder.keys,
    identities: [],
    // That of the other verifier: what a keeper dates ahead is over for both, or for neither.
    nowMs: Date.now(),
    signal: new AbortController().signal,
  };
  try {
    const { totals } = await verifyFolder(vault, asked, { recording: all, docking: all, remark: take });
    return { good: findings.length === 0 && totals.not_judged === 0, findings };
  } catch (error) {
    // So much was taken away that nothing is left to judge: refused, and said so.
    if (!(error instanceof DockError) || error.code !== 'verify.not-recognised') throw error;
    return { good: false, findings: [{ code: error.code, place: '.', detail: error.message }] };
  }
}
