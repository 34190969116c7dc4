// Looks at the tokens of a YAML text before it is parsed. Refuses what a configuration file has no use for and what a parser
// pays for with its stack or memory: deep nesting, anchors and aliases, tags, directives.
import { Lexer } from 'yaml';
import { problem, type Problem } from './problems.ts';

/** Our schema needs 3 levels; each flow bracket counts as one. */
export const FLOW_DEPTH_MAX = 16;
/**
 * Each level of a block stands at a column of its own (a list may share that of its group), so columns bound the depth. That holds
 * for broken text too: "a: b: c:" is refused by the parser, but only after it has gone down all its levels.
 */
export const INDENT_COLUMNS_MAX = 64;

/** Control tokens of the lexer, which stand for no text: byte-order mark, document start, end of flow, scalar follows. */
const CONTROL = new Set(['\u{FEFF}', '\u0002', '\u0018', '\u001F']);
const SCALAR_FOLLOWS = '\u001F';
const LINE_END = /^\r?\n$/;
const BLANK = /^\s*$/;

/** Where a text offset lies; both start at 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A function from offsets in this text to places. */
export function placesOf(text: string): (offset: number) => Place {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

interface Refusal {
  readonly message: string;
  readonly remedy: string;
}
const TOO_DEEP: Refusal = {
  message: `nested deeper than ${FLOW_DEPTH_MAX} brackets or ${INDENT_COLUMNS_MAX} columns`,
  remedy: 'write it as the example file does',
};
const REFUSED_TOKENS: Readonly<Record<string, Refusal>> = {
  '&': { message: 'anchors are not read', remedy: 'write the value out at each place' },
  '*': { message: 'aliases are not read', remedy: 'write the value out at each place' },
  '!': { message: 'tags are not read', remedy: 'write the plain value' },
  '%': { message: 'directives are not read', remedy: 'take the line out' },
};

/** The first thing that makes this text unfit for parsing, or none. Linear in the text, without recursion. */
export function scanYaml(text: string, file: string): Problem[] {
  for (const { token, offset, deep } of walk(text)) {
    const refusal = deep ? TOO_DEEP : REFUSED_TOKENS[token.charAt(0)];
    if (refusal !== undefined)
      return [problem({ code: 'config.yaml', file, ...placesOf(text)(offset), ...refusal })];
  }
  return [];
}

interface Step {
  readonly token: string;
  readonly offset: number;
  readonly deep: boolean;
}

/** All tokens that are neither blank nor a plain text, each with its offset and whether it stands too deep. */
function* walk(text: string): Generator<Step> {
  const depth = new DepthCount();
  let offset = 0;
  let scalar = false;
  for (const token of new Lexer().lex(text)) {
    if (CONTROL.has(token)) {
      scalar = token === SCALAR_FOLLOWS;
      continue;
    }
    const deep = depth.follow(token, offset, scalar);
    if (!BLANK.test(token) && (deep || !scalar)) yield { token, offset, deep };
    scalar = false;
    offset += token.length;
  }
}

/** Follows brackets and columns over the tokens. */
class DepthCount {
  private flow = 0;
  private lineStart = 0;
  private tokensInLine = 0;
  private colonsInLine = 0;

  /** True where this token opens a level beyond the bounds. */
  follow(token: string, offset: number, scalar: boolean): boolean {
    if (LINE_END.test(token)) {
      this.lineStart = offset + token.length;
      this.tokensInLine = 0;
      this.colonsInLine = 0;
      return false;
    }
    if (BLANK.test(token) || token.startsWith('#')) return false;
    this.tokensInLine++;
    const beyond = this.flow === 0 && offset - this.lineStart > INDENT_COLUMNS_MAX;
    if (scalar) return beyond && this.tokensInLine === 1;
    if (token === '[' || token === '{') this.flow++;
    if (token === ']' || token === '}') this.flow = Math.max(0, this.flow - 1);
    return this.flow > FLOW_DEPTH_MAX || (beyond && this.opensLevel(token));
  }

  /** The first ":" of a line belongs to the level where its key starts, however long that key is. */
  private opensLevel(token: string): boolean {
    if (token === ':') return ++this.colonsInLine > 1 || this.tokensInLine === 1;
    return token === '-' || token === '?' || this.tokensInLine === 1;
  }
}
