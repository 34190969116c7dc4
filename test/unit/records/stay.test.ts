import { expect, test } from 'vitest';
import type { DockingStay } from '../../../agent/records/ended-docking.ts';
import {
  type BeginningDocking,
  type LastDocking,
  stayOfBeginning,
} from '../../../agent/records/previous-docking.ts';
import { parseBayId, parseCameraId, parseDockingId } from '../../../protocol/format/ids.ts';

const FIRST = parseDockingId('abcdefghijklmnopqrstuvwxya');
const NEXT = parseDockingId('abcdefghijklmnopqrstuvwxye');
const [YESTERDAY, TODAY] = ['2026-11-25T08:00:00.000Z', '2026-11-26T08:00:00.000Z'];
const plug = (boot: string, device: string): DockingStay['plug'] => ({ boot, device });

const beginning = (change: Partial<BeginningDocking> = {}): BeginningDocking => ({
  docking: NEXT,
  docked_at: TODAY,
  bay: parseBayId('bay-1'),
  camera: parseCameraId('cam-1'),
  plug: null,
  wasThere: true,
  ...change,
});
const last = (change: Partial<LastDocking> = {}, of: DockingStay['plug'] = null): LastDocking => ({
  bay: parseBayId('bay-1'),
  ended: 'stopped',
  stay: { stay: FIRST, stay_docked_at: YESTERDAY, plug: of },
  ...change,
});

test.each(['stopped', 'cut-off', 'continued'])(
  'a camera that is there behind one that ended as %s goes on',
  (ended) => {
    expect(stayOfBeginning(beginning(), last({ ended }))).toEqual(last().stay);
  },
);

test.each([
  ['has no docking before', beginning(), undefined],
  ['was unplugged', beginning(), last({ ended: 'unplugged' })],
  ['stopped answering', beginning(), last({ ended: 'failed' })],
  ['was in another bay', beginning(), last({ bay: parseBayId('bay-2') })],
  ['was seen to come', beginning({ wasThere: false }), last()],
  ['is another device of that boot', beginning({ plug: plug('a', '1.6') }), last({}, plug('a', '1.5'))],
])('a camera that %s begins a stay', (_, begins, before) => {
  expect(stayOfBeginning(begins, before)).toEqual({ stay: NEXT, stay_docked_at: TODAY, plug: begins.plug });
});

test.each([
  ['the same device', plug('a', '1.5'), plug('a', '1.5')],
  ['any device behind a reboot', plug('b', '1.2'), plug('a', '1.5')],
  ['one of which the transport tells nothing', null, plug('a', '1.5')],
  ['one of which it told nothing', plug('a', '1.5'), null],
])('%s may be the same plug, and the record names it as it is now', (_, now, before) => {
  const stay = stayOfBeginning(beginning({ plug: now }), last({}, before));
  expect(stay).toEqual({ stay: FIRST, stay_docked_at: YESTERDAY, plug: now });
});
