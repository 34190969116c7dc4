// The chapter of a kit's page that says how to check it: each step with its reason, the lines to type, and what must appear. Pure.
import type { Block } from '../page/blocks.ts';
import { witnessLine } from '../../../protocol/custody/witness.ts';
import { SAID, type KitLine } from './kit-lines.ts';
import { kitSteps, opens, type KitContents, type KitStep } from './kit-steps.ts';
import type { KitWords } from './kit-words-en.ts';

/** Heading, preparation, steps. */
export function checkBlocks(kit: KitContents, words: KitWords): Block[] {
  const steps = kitSteps(kit);
  return [
    { kind: 'heading', text: words.check },
    ...words.before.map((text): Block => ({ kind: 'paragraph', text })),
    command('before', SAID, [], words),
    ...(steps.some(opens) ? identity(words) : []),
    ...steps.flatMap((step, at) => stepBlocks(kit, step, at + 1, words)),
  ];
}

function identity(words: KitWords): Block[] {
  return [{ kind: 'paragraph', text: words.identity }, command('identity', words.identityLine, [], words)];
}

function stepBlocks(kit: KitContents, step: KitStep, number: number, words: KitWords): Block[] {
  const { title, why } = words.steps[step.kind];
  return [
    { kind: 'subheading', text: `${number}. ${title}` },
    { kind: 'paragraph', text: why },
    ...(step.kind === 'witness' ? witnessed(kit) : []),
    ...step.groups.map((group) => groupBlock(step, group, words)),
  ];
}

function groupBlock({ kind }: KitStep, group: readonly KitLine[], words: KitWords): Block {
  const lines = group.map((line) => line.command).join('\n');
  return command(
    kind,
    lines,
    group.flatMap(({ expected }) => expected),
    words,
  );
}

function command(name: string, lines: string, expected: readonly string[], words: KitWords): Block {
  return { kind: 'command', name, command: lines, expected, words: words.expected };
}

function witnessed({ parts }: KitContents): Block[] {
  return [{ kind: 'list', items: parts.witnesses.map(({ witness }) => witnessLine(witness)) }];
}
