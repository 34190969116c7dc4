// How a simulated serial camera misbehaves, as data: one name for each fault, with what its number means. The line applies them.

/** The faults by name. `n` counts answers from 1 on unless the words say otherwise. */
export const SMP_FAULTS = {
  noise: 'random bytes in front of every n-th answer',
  'boot-text': 'the text of a boot in front of every n-th answer',
  reset: 'restarts in the middle of the n-th answer: half of it, boot text, deaf for 300 ms',
  'bad-crc': 'one bit of every n-th answer is flipped on the line',
  late: 'every n-th answer comes 3 s late, others go ahead of it',
  twice: 'every n-th answer comes twice',
  'silent-after': 'says nothing any more behind the n-th answer',
  'says-deleted': 'says by itself, in front of every n-th answer, that a recording was erased',
  'erases-itself': 'erases everything by itself in front of the n-th answer',
  'other-transaction': 'every n-th answer carries the number of another request',
  'wrong-length': 'the header of every n-th answer tells one byte too many',
  'no-line-end': 'a megabyte without a line end in front of the n-th answer',
  'wrong-speed': 'the first n answers come as at another speed: noise of the same length',
  'erase-keeps': 'answers the first n erasures with success and keeps the files',
  'erase-errors': 'answers the first n erasures with an error and erases the files',
} as const;

export type SmpFault = keyof typeof SMP_FAULTS;

/** Which faults, with their numbers; each 1 or more. */
export type SmpFaults = Readonly<Partial<Record<SmpFault, number>>>;

/** "name=n" or "name" (n is 1 then) as a fault, or undefined. */
export function parseSmpFault(text: string): readonly [SmpFault, number] | undefined {
  const [name = '', number = '1', ...more] = text.split('=');
  const fault = (Object.keys(SMP_FAULTS) as SmpFault[]).find((each) => each === name);
  if (fault === undefined || more.length > 0 || !/^[1-9]\d{0,8}$/.test(number)) return undefined;
  return [fault, Number(number)];
}

/** True for every n-th. */
export function isEvery(faults: SmpFaults, fault: SmpFault, answer: number): boolean {
  const n = faults[fault];
  return n !== undefined && answer % n === 0;
}

/** True for the n-th alone. */
export function isThe(faults: SmpFaults, fault: SmpFault, answer: number): boolean {
  return faults[fault] === answer;
}
