// A person who holds an identity and can read the vault needs no program of ours to see a recording, and who can write there takes the note of an
// opening away before the store enters it (SPEC 4.11.6). So nothing may say that a recording was not opened, or that each opening is in the log.
import { execFile } from 'node:child_process';
import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lacksTools, requireTool } from '../../fakes/stock-tools.ts';
import { HANDBOOK_LANGUAGES, handbookText } from '../../unit/config/handbook-text.ts';
import { AttackedWorld, STATION, TOOLS } from './attacked-world.ts';

const LIMITS = {
  en: {
    history: 'who holds an identity can open a copy without one',
    annex:
      'A person who may write in the store can prevent that entry for a minute after it; and a copy opens without a trace.',
    handbook: 'not every opening is in the log',
  },
  de: {
    history: 'wer eine Identität hat, kann eine Kopie ohne Eintrag öffnen',
    annex:
      'Wer im Zentralspeicher schreiben darf, kann diesen Eintrag noch eine Minute lang verhindern, und eine Kopie lässt sich ohne Spur öffnen.',
    handbook: 'Nicht jede Öffnung steht im Verwahrprotokoll',
  },
};

describe.skipIf(lacksTools(...TOOLS, 'age'))('an opening', () => {
  let honest: AttackedWorld;
  let recording: string;
  beforeAll(async () => {
    honest = await AttackedWorld.open();
    recording = (await honest.named('manifest.json'))[0]?.recording ?? '';
  });
  afterAll(() => honest.close());

  const identityOf = (world: AttackedWorld): string => join(world.keys, 'store.identity');

  /** What `bodydock open` restored; undefined where it refused. */
  async function opened(
    world: AttackedWorld,
    folder: string,
    ...more: string[]
  ): Promise<string | undefined> {
    const out = join(world.root, 'out');
    const words = ['open', folder, '--identity', identityOf(world), '--keys', world.keys, '--out', out];
    if ((await world.bodydock(...words, ...more)).exitCode !== 0) return undefined;
    const [name = ''] = await readdir(out);
    return readFile(join(out, name), 'utf8');
  }

  type Way = readonly [string, (world: AttackedWorld, folder: string) => Promise<string | undefined>];

  test.each<Way>([
    [
      'by stock age in the vault itself',
      async (world, folder) => {
        const words = ['-d', '-i', identityOf(world), join(folder, 'payload.age')];
        return (await promisify(execFile)(requireTool('age'), words)).stdout;
      },
    ],
    [
      'of a copy, which asks for no reason',
      async (world, folder) => {
        const copy = join(world.root, 'copy', recording);
        await cp(folder, copy, { recursive: true });
        return opened(world, copy);
      },
    ],
    [
      'in the vault, whose note is taken away before the store enters it',
      async (world, folder) => {
        expect(await opened(world, folder)).toBeUndefined();
        const bytes = await opened(world, folder, '--reason', 'case-1');
        const notes = join(world.vault, '.disclosures');
        expect(await readdir(notes)).toHaveLength(1);
        await rm(notes, { recursive: true });
        return bytes;
      },
    ],
  ])('%s leaves no trace, and nobody says that there was none', async (_, opens) => {
    const world = await honest.copy();
    expect(await opens(world, world.folder(recording))).toMatch(/^recording [ABC]$/);
    const good = { exitCode: 0, findings: [] };
    expect(await world.verdicts()).toMatchObject({ product: good, python: good });
    for (const language of HANDBOOK_LANGUAGES) {
      const of = [recording, '--station', STATION, '--vault', world.vault, '--keys', world.keys];
      const said = await world.bodydock('custody', ...of, '--language', language);
      expect(said.stdout.replaceAll(/\s+/g, ' ')).toContain(LIMITS[language].history);
    }
    await world.close();
  });

  test.each(HANDBOOK_LANGUAGES)('is nowhere promised to be in the log (%s)', async (language) => {
    const files = ['--config', join(honest.root, 'station.yaml'), '--receiver-config'];
    const words = ['export', '--data-handling', ...files, join(honest.root, 'receiver.yaml')];
    const annex = await honest.bodydock(...words, '--lang', language);
    expect(annex.stdout.replaceAll(/\s+/g, ' ')).toContain(LIMITS[language].annex);
    expect(await handbookText(language)).toContain(LIMITS[language].handbook);
  });
});
