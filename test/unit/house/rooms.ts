// The rooms of the product, from the top of the house to its ground. A file imports from its own room and from rooms below it, never from one
// above. ARCHITECTURE.md says what each is for; `.oxlintrc.json` holds one rule a room, which house.test.ts compares with this list.

/** In order: the first stands on all others. A file belongs to the longest name that its path begins with. */
export const ROOMS = [
  'agent',
  'agent/cli',
  'agent/helpers',
  'agent/desk',
  'agent/evidence',
  'agent/receiver',
  'agent/station',
  'agent/screen',
  'agent/monitoring',
  'agent/dock',
  'agent/release',
  'agent/pull',
  'agent/seal',
  'agent/inventory',
  'agent/push',
  'agent/records',
  'agent/spool',
  'agent/custody',
  'systemd',
  'config/enrolment',
  'config',
  'agent/platform',
  'drivers',
  'protocol/transfer',
  'protocol/custody',
  'protocol/documents',
  'protocol/transparency',
  'protocol/age',
  'protocol/format',
] as const;

export type Room = (typeof ROOMS)[number];

/** Errors: RangeError for a file that is in none. */
export function roomOf(path: string): Room {
  const found = ROOMS.filter((room) => path.startsWith(`${room}/`)).toSorted((a, b) => b.length - a.length);
  if (found[0] === undefined) throw new RangeError(`${path} is in no room of test/unit/house/rooms.ts`);
  return found[0];
}

/** Rooms that a file of `room` must not import from. */
export function roomsAbove(room: Room): Room[] {
  return ROOMS.slice(0, ROOMS.indexOf(room));
}

/**
 * The rule of a room for the linter: glob patterns of relative imports that lead up. Folders below a room reach a neighbour by one more "../", so
 * each pattern is written for up to two folders of depth.
 */
export function forbiddenImports(room: Room): string[] {
  const [top, inner] = room.split('/') as [string, string | undefined];
  const patterns = roomsAbove(room)
    .filter((each) => each !== 'agent')
    .flatMap((above) => {
      const [aboveTop, aboveInner] = above.split('/') as [string, string | undefined];
      const ups = inner === undefined ? ['', '../', '../../'] : ['../', '../../', '../../../'];
      if (aboveTop !== top) return [`**/${above}/**`];
      return ups.map((up) => `${up === '' ? './' : up}${aboveInner}/**`);
    });
  return [...new Set([...patterns, '**/test/**'])];
}
