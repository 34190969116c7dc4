// The handbook against the programs: each command in it is one that they know. It is typed line by line in test/system/package/handbook-walk.test.ts.
import { expect, test } from 'vitest';
import { commandsOf, handbookText, sectionsOf } from '../unit/config/handbook-text.ts';
import { BODYDOCK, RECEIVER, runProgram } from '../fakes/program.ts';

const PROGRAMS = { bodydock: BODYDOCK, 'bodydock-receiver': RECEIVER } as const;
const HELPS_AT_A_TIME = 4;

const isOurs = (line: string): boolean => /^bodydock(?:-receiver)? /.test(line);

/** What is typed behind the program: names of commands, and options. */
function wordsOf(line: string): { program: string; names: string[]; options: string[] } {
  const [program = '', ...words] = line.split(' ');
  const end = words.findIndex((word) => !/^(?!r-)[a-z][a-z-]*$/.test(word)); // "r-archive" is an id
  const options = words.filter((word) => word.startsWith('--'));
  return { program, names: end < 0 ? words : words.slice(0, end), options };
}

/** Words and options that stand whole in a text. */
function missing(text: string, wanted: readonly string[]): string[] {
  return wanted.filter((word) => !new RegExp(`(?<![a-z-])${word}(?![a-z-])`).test(text));
}

test('each command and option of the handbook is told by --help', async () => {
  const lines = commandsOf(sectionsOf(await handbookText('en'))).filter(isOurs);
  expect(lines.length).toBeGreaterThan(30);
  const wanted = new Map<string, Set<string>>();
  for (const line of lines) {
    const { program, names, options } = wordsOf(line);
    const key = [program, ...names.slice(0, 2)].join(' ');
    wanted.set(key, new Set([...(wanted.get(key) ?? []), ...names, ...options]));
  }
  const odd: string[] = [];
  const left = [...wanted];
  const ask = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const [key, words] = next;
      const [program = '', ...names] = key.split(' ');
      const file = PROGRAMS[program as keyof typeof PROGRAMS];
      const { exitCode, stdout } = await runProgram(file, [...names, '--help']);
      const gone = missing(
        stdout,
        [...words].filter((word) => word !== '--help'),
      );
      if (exitCode !== 0 || gone.length > 0)
        odd.push(`${key}: exit ${exitCode}, not in its help: ${gone.join(' ')}`);
    }
  };
  await Promise.all(Array.from({ length: HELPS_AT_A_TIME }, ask));
  expect(odd).toEqual([]);
});
