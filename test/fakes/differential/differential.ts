// Sets the two verifiers against each other: worlds out of a seed, honest and altered, and what each says of them. The product is asked in
// this process, the one in Python once for many vaults.
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exportCommand } from '../../../agent/cli/export.ts';
import { verifyFolder } from '../../../agent/evidence/verify/verify-place.ts';
import { nodeFiles } from '../../../agent/platform/files-node.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { runCommand } from '../../unit/cli/io-memory.ts';
import { codesOf, judgeWithPython, type Judgement } from '../manipulations/judges.ts';
import { seededRandom } from '../random-seeded.ts';
import type { Attack } from './attack.ts';
import { ATTACKS_OF_KEEPERS } from './attacks-of-keepers.ts';
import { ATTACKS_WITH_KEYS, RESIGNED } from './attacks-with-keys.ts';
import { ATTACKS_WITHOUT_KEYS, DAMAGED } from './attacks-without-keys.ts';
import { buildHonestWorld, type HonestWorld } from './honest-world.ts';

const ATTACKS: Readonly<Record<'vault' | 'kit', readonly Attack[]>> = {
  vault: [...ATTACKS_WITHOUT_KEYS, ...ATTACKS_WITH_KEYS, ...ATTACKS_OF_KEEPERS],
  kit: [...DAMAGED, ...RESIGNED],
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
  readonly product: readonly string[];
  readonly python: readonly string[];
}

/** What came of it. */
export interface Compared {
  readonly vaults: number;
  /** Of these, altered ones that both refuse. */
  readonly refused: number;
  /** What was done to altered ones that both call good, with their numbers. */
  readonly passed: readonly string[];
  readonly disagreements: readonly Disagreement[];
}

/** The vault of a seed, or a kit made of it, and so many altered copies, in a folder that is made, and removed unless it is to be kept. */
export async function compareWorld(
  root: string,
  seed: number,
  alterations: number,
  { what = 'vault', keep = false }: { readonly what?: 'vault' | 'kit'; readonly keep?: boolean } = {},
): Promise<Compared> {
  await mkdir(root, { recursive: true });
  try {
    const world = await buildHonestWorld(join(root, 'world'), seed);
    const { keys } = world.two.builder;
    const vault = what === 'vault' ? world.two.builder.vault : await kitOf(world, join(root, 'kit'));
    if (vault === undefined) return { vaults: 0, refused: 0, passed: [], disagreements: [] };
    const copies = [{ vault, what: world.story.join('; ') }];
    for (let number = 1; number <= alterations; number++)
      copies.push(
        await alter(world, { from: vault, folder: join(root, `${number}`), number, attacks: ATTACKS[what] }),
      );
    const paths = copies.map((copy) => copy.vault);
    const said = await judgeWithPython(paths, { keys });
    const disagreements: Disagreement[] = [];
    const passed: string[] = [];
    let refused = 0;
    for (const [number, copy] of copies.entries()) {
      const product = await judgeInProcess(copy.vault, world);
      const python = said[number] ?? { good: false, findings: [] };
      if (number > 0 && !product.good && !python.good) refused++;
      if (number > 0 && product.good && python.good) passed.push(`${number}: ${copy.what}`);
      if (product.good === python.good && (number > 0 || product.good)) continue;
      const what = number === 0 ? copy.what : `${copy.what} [${world.story.join('; ')}]`;
      disagreements.push({ seed, number, what, product: codesOf(product), python: codesOf(python) });
    }
    return { vaults: copies.length, refused, passed, disagreements };
  } finally {
    if (!keep) await rm(root, { recursive: true, force: true });
  }
}

interface Alteration {
  readonly from: string;
  readonly folder: string;
  readonly number: number;
  readonly attacks: readonly Attack[];
}

/** A copy that some attack altered, or two one after the other. */
async function alter(
  world: HonestWorld,
  { from, folder, number, attacks }: Alteration,
): Promise<{ readonly vault: string; readonly what: string }> {
  const vault = join(folder, 'vault');
  await cp(from, vault, { recursive: true });
  const random = seededRandom(Math.imul(number, 7919) ^ world.two.builder.random.uint32());
  const done: string[] = [];
  const wanted = random.below(3) === 0 ? 2 : 1;
  for (let tries = 0; tries < TRIES_MAX && done.length < wanted; tries++) {
    const what = await random.pick(attacks)({ vault, world, random });
    if (what !== undefined) done.push(what);
  }
  return { vault, what: done.join(' AND ').replaceAll(`${folder}/`, '') };
}

/** A kit of the first recordings; undefined where nothing is there any more. Errors: Error where a good vault gives none. */
async function kitOf(world: HonestWorld, out: string): Promise<string | undefined> {
  const { vault, keys } = world.two.builder;
  const ids = world.recordings.filter(({ receipt }) => receipt !== undefined).map(({ id }) => id);
  if (ids.length === 0) return undefined;
  const asked = [...ids.slice(0, KIT_RECORDINGS_MAX), '--vault', vault, '--keys', keys, '--out', out];
  const { exitCode, err } = await runCommand(exportCommand, ...asked, '--reason', 'court');
  if (exitCode !== 0) throw new Error(`no kit was made: ${err}`);
  return out;
}

async function judgeInProcess(vault: string, { two: { builder } }: HonestWorld): Promise<Judgement> {
  const findings: { code: string; place: string; detail: string }[] = [];
  const take = ({
    kind,
    code,
    where,
    message,
  }: {
    kind: string;
    code: string;
    where: string;
    message: string;
  }): void => {
    if (kind === 'finding') findings.push({ code, place: where, detail: message });
  };
  const all = ({ remarks }: { readonly remarks: readonly Parameters<typeof take>[0][] }): void =>
    remarks.forEach(take);
  const asked = {
    files: nodeFiles(),
    keysFolder: builder.keys,
    identities: [],
    // That of the other verifier: what a keeper dates ahead is over for both, or for neither.
    nowMs: Date.now(),
    signal: new AbortController().signal,
  };
  try {
    await verifyFolder(vault, asked, { recording: all, docking: all, remark: take });
  } catch (error) {
    // So much was taken away that nothing is left to judge: refused, and said so.
    if (!(error instanceof DockError) || error.code !== 'verify.not-recognised') throw error;
    findings.push({ code: error.code, place: '.', detail: error.message });
  }
  return { good: findings.length === 0, findings };
}
