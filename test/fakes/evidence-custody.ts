// Checks custody logs by SPEC 4.3 alone: chains, checkpoints, signatures of ended segments, the order of segments, and that the log never
// says "erased" of what it did not call "receipted" before. Part of the independent checker.
import { hash } from 'node:crypto';
import { join } from 'node:path';
import { parseLike, readOrTell } from './evidence-documents.ts';
import type { Shelf } from './evidence-shelf.ts';
import { signatureFault, type JudgeKey } from './minisign-judge.ts';

type Facts = Readonly<Record<string, string | number | boolean | null>>;

/** One line. */
export interface CustodyLine {
  readonly sequence: number;
  readonly previous: string;
  readonly at: string;
  readonly boot: string | null;
  readonly monotonic_ms: number;
  readonly event: string;
  readonly facts: Facts;
}

/** One segment as it lies there. */
export interface CustodySegment {
  readonly name: string;
  readonly lines: readonly CustodyLine[];
  readonly bytes: Buffer;
  readonly headSha256: string;
}

const ZEROS = '0'.repeat(64);

/** Reads and checks all segments of a folder; what is wrong goes to `problems`. `ended` wants a signature over each. */
export function checkCustodyFolder(
  shelf: Shelf,
  folder: string,
  key: JudgeKey,
  ended: boolean,
  problems: string[],
): CustodySegment[] {
  const names = shelf.names(folder).filter((name) => name.endsWith('.jsonl'));
  if (names.length === 0) problems.push(`${folder}: no custody log`);
  return names.flatMap((name) =>
    readOrTell(`custody ${name} in ${folder}`, problems, (tell) => {
      const segment = readSegment(name.slice(0, -'.jsonl'.length), shelf.read(join(folder, name)), key, tell);
      const signature = join(folder, `${name}.minisig`);
      if (!ended) return segment;
      const fault = shelf.has(signature)
        ? signatureFault(segment.bytes, shelf.read(signature).toString('utf8'), 'custody-segment', key)
        : 'no signature over the ended segment';
      if (fault !== undefined) tell(fault);
      return segment;
    }),
  );
}

function readSegment(
  name: string,
  bytes: Buffer,
  key: JudgeKey,
  tell: (what: string) => void,
): CustodySegment {
  const texts = bytes.toString('utf8').split('\n');
  if (texts.pop() !== '') tell('its last line is torn');
  let previous = ZEROS;
  const lines: CustodyLine[] = [];
  for (const [at, text] of texts.entries()) {
    const line = readLine(text, at + 1, tell);
    if (line === undefined) {
      previous = hash('sha256', text, 'hex');
      continue;
    }
    if (line.sequence !== at + 1) tell(`line ${at + 1} has sequence ${line.sequence}`);
    if (line.previous !== previous) tell(`line ${at + 1} does not continue the one before`);
    if (line.event === 'checkpoint') checkCheckpoint(name, line, key, tell);
    previous = hash('sha256', text, 'hex');
    lines.push(line);
  }
  if (lines[0]?.event !== 'segment-opened' || lines[0].facts['segment'] !== name)
    tell('does not open as itself');
  return { name, lines, bytes, headSha256: previous };
}

/** Undefined for what is no entry, which is told. */
function readLine(text: string, number: number, tell: (what: string) => void): CustodyLine | undefined {
  try {
    const shape = { sequence: 0, previous: '', event: '', facts: {} };
    return parseLike(text, shape, `line ${number}`) as unknown as CustodyLine;
  } catch (error) {
    tell((error as Error).message);
    return undefined;
  }
}

function checkCheckpoint(name: string, line: CustodyLine, key: JudgeKey, tell: (what: string) => void): void {
  const text = String(line.facts['head']);
  let head: Record<string, unknown>;
  try {
    head = parseLike(text, {}, `checkpoint ${line.sequence}`);
  } catch (error) {
    return tell((error as Error).message);
  }
  if (head['segment'] !== name || head['sequence'] !== line.sequence - 1 || head['sha256'] !== line.previous)
    tell(`checkpoint ${line.sequence} is of another entry`);
  if ((['at', 'boot', 'monotonic_ms'] as const).some((time) => head[time] !== line[time]))
    tell(`checkpoint ${line.sequence} bears another time than its head`);
  const fault = signatureFault(Buffer.from(text), String(line.facts['signature']), 'custody-head', key);
  if (fault !== undefined) tell(`checkpoint ${line.sequence}: ${fault}`);
}

/** Segments in the order in which they continue each other. Reports gaps and forks. */
export function orderSegments(segments: readonly CustodySegment[], problems: string[]): CustodySegment[] {
  const lastOf = (segment: CustodySegment): unknown => segment.lines[0]?.facts['last_segment'];
  const ordered: CustodySegment[] = [];
  let next = segments.filter((segment) => lastOf(segment) === null);
  if (next.length !== 1) problems.push(`custody: ${next.length} segments begin the log`);
  for (let segment = next[0]; segment !== undefined; segment = next[0]) {
    const { name, lines, headSha256 } = segment;
    ordered.push(segment);
    next = segments.filter((candidate) => lastOf(candidate) === name);
    if (next.length > 1) problems.push(`custody: ${next.length} segments continue ${name}`);
    const opened = next[0]?.lines[0]?.facts;
    if (
      opened !== undefined &&
      (opened['last_sequence'] !== lines.length || opened['last_sha256'] !== headSha256)
    )
      problems.push(
        `custody: ${next[0]?.name} continues ${name} at ${opened['last_sequence']} of ${lines.length}`,
      );
  }
  if (ordered.length !== segments.length)
    problems.push(`custody: ${segments.length - ordered.length} segments do not belong to the log`);
  return ordered;
}

/** Recordings that the log calls receipted; reports what was erased before, or twice receipted. */
export function readReceipted(segments: readonly CustodySegment[], problems: string[]): Set<string> {
  const receipted = new Set<string>();
  for (const { event, facts } of segments.flatMap(({ lines }) => lines)) {
    const recording = String(facts['recording']);
    if (event === 'receipted') receipted.add(recording);
    if ((event === 'erasing' || event === 'erased') && !receipted.has(recording))
      problems.push(`custody: ${recording} is ${event} before it was receipted`);
    if (event === 'chain-broken')
      problems.push(`custody: the agent found a broken chain: ${JSON.stringify(facts)}`);
  }
  return receipted;
}

/** The vault's copy of a log must be the beginning of the station's, segment by segment. */
export function compareCopies(
  vault: readonly CustodySegment[],
  station: readonly CustodySegment[],
  problems: string[],
): void {
  for (const copy of vault) {
    const original = station.find(({ name }) => name === copy.name);
    if (original === undefined)
      problems.push(`custody: the vault holds ${copy.name}, which the station does not have`);
    else if (!original.bytes.subarray(0, copy.bytes.length).equals(copy.bytes))
      problems.push(`custody: the vault's ${copy.name} is not the station's`);
  }
}
