// What both programs declare of their commands: one declaration is help, parser, completion and manual page.
import { describe, expect, test } from 'vitest';
import { bodydock } from '../../../agent/cli/program.ts';
import { command, LANG, program, type Io } from '../../../config/command-line.ts';
import { layOut, type DescribedCommand, type DescribedGroup } from '../../../config/help-text.ts';
import { dispatch } from '../../../agent/receiver/cli/dispatch.ts';

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function said(call: typeof bodydock, args: readonly string[], more: Partial<Io> = {}): Promise<Said> {
  const text = { out: '', err: '' };
  const io: Io = {
    out: (part) => void (text.out += part),
    err: (part) => void (text.err += part),
    signal: new AbortController().signal,
    ...more,
  };
  const code = await call(args, io);
  return { code, ...text };
}

function flat(help: DescribedCommand | DescribedGroup): DescribedCommand[] {
  if (!('commands' in help)) return [help];
  const without = typeof help.without === 'object' && help.without !== null ? [help.without] : [];
  return [...without, ...help.commands.flatMap((entry) => flat(entry.help))];
}

describe.each([
  ['bodydock', bodydock],
  ['bodydock-receiver', dispatch],
] as const)('the commands of %s', (name, call) => {
  test('declare each option that their usage shows, and show how each value is typed', async () => {
    const { out } = await said(call, ['--help', '--json']);
    const commands = flat(JSON.parse(out) as DescribedGroup);
    expect(commands.length).toBeGreaterThan(10);
    expect(new Set(commands.map((each) => each.name)).size).toBe(commands.length);
    for (const { name: typed, usage, options, about } of commands) {
      const known = options.map((option) => option.name);
      const shown = usage.flatMap((way) => [...way.matchAll(/--[a-z][a-z-]*/g)].map(([option]) => option));
      expect([typed, shown.filter((option) => !known.includes(option))]).toEqual([typed, []]);
      expect([typed, typed.startsWith(`${name} `), usage.length > 0, about.length > 20]).toEqual([
        typed,
        true,
        true,
        true,
      ]);
      for (const { text } of options) {
        expect(text.length).toBeGreaterThan(5);
      }
    }
  });

  test('fit 80 columns in every help, but for what cannot be broken', async () => {
    const { out } = await said(call, ['--help', '--json']);
    const words = flat(JSON.parse(out) as DescribedGroup).map((each) => each.name.split(' ').slice(1));
    for (const path of [[], ...words]) {
      const help = await said(call, [...path, '--help']);
      expect([path, help.code]).toEqual([path, 0]);
      const long = help.out.split('\n').filter((line) => line.length > 80 && !line.includes('minisign -S'));
      expect([path, long]).toEqual([path, []]);
    }
  });

  test('name the nearest word after a typing error', async () => {
    const wrong = await said(call, ['chekc']);
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('Did you mean check?')]);
    const option = await said(call, ['check', '--confg', 'x']);
    expect([option.code, option.err]).toEqual([2, expect.stringContaining('Did you mean --config?')]);
  });
});

const echo = command(
  {
    name: 'try echo',
    usage: ['[--lang en|de] [--many TEXT]...'],
    about: 'Prints what was typed.',
    options: {
      lang: LANG,
      many: { type: 'string', value: 'TEXT', multiple: true, text: 'words' },
      place: { type: 'string', value: 'DIR', default: '.', text: 'a folder' },
    },
    wordsMax: 1,
  },
  ({ values, words, json, language }, io) => {
    io.out(JSON.stringify({ ...values, words, json, language }));
    return Promise.resolve(0);
  },
);
const tried = program({
  name: 'try',
  about: 'A program.',
  exitOf: (code) => (code === 'try.person' ? 78 : undefined),
  commands: [{ name: 'echo', summary: 'prints', load: () => Promise.resolve(echo) }],
});

describe('a command', () => {
  test('gets values, defaults, words, and the language by --lang or of the machine', async () => {
    const typed = ['echo', '--many', 'a', '--many=b', 'word', '--json'];
    const { out } = await said(tried, typed, { language: 'de' });
    expect(JSON.parse(out)).toEqual({
      many: ['a', 'b'],
      place: '.',
      words: ['word'],
      json: true,
      language: 'de',
    });
    const english = await said(tried, ['echo', '--lang', 'en'], { language: 'de' });
    expect(JSON.parse(english.out)).toMatchObject({ language: 'en', json: false });
  });

  test.each([
    [['echo', 'one', 'two'], 'unexpected argument "two"'],
    [['echo', '--lang', 'fr'], '--lang "fr": en or de'],
    [['echo', '--many'], 'many'],
    [['echo', '--\u001b[2J'], 'unknown option --?[2J'],
    [['other'], 'there is echo'],
    [['other', '--help'], 'there is echo'],
    [[], 'a command is missing'],
  ])('refuses %j', async (args, named) => {
    const { code, err } = await said(tried, args);
    expect([code, err]).toEqual([2, expect.stringContaining(named)]);
  });
});

test('help wraps paragraphs and rows, and keeps a line that is meant to be copied', () => {
  const text = `
A paragraph of words
in two lines.
  row  what it says, which is longer
       than a line
  a line to copy

Another one.
`;
  expect(layOut(text, 30)).toBe(`A paragraph of words in two
lines.
  row  what it says, which is
       longer than a line
  a line to copy

Another one.`);
});
