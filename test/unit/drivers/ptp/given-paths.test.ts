// Paths that objects keep from listing to listing, whatever else of their name comes and goes.
import { expect, test } from 'vitest';
import {
  givePaths,
  type ListedBefore,
  type NamedObject,
  pathKey,
} from '../../../../drivers/ptp/given-paths.ts';
import { path as bytes } from '../../../contracts/driver-subject.ts';

function object(handle: number, name: string, stamp = `s${handle}`): NamedObject {
  return { handle, stamp, plain: bytes(name) };
}

async function given(objects: readonly NamedObject[], before?: ListedBefore): Promise<string[]> {
  const paths = await givePaths(objects, before, async () => undefined);
  expect(new Set(paths.map(pathKey)).size).toBe(objects.length);
  return paths.map(pathKey);
}

/** The listing of these objects, as the next one sees it. */
async function listed(objects: readonly NamedObject[], areHandlesKept = true): Promise<ListedBefore> {
  const paths = await given(objects);
  const found = objects.map(
    ({ handle, stamp, plain }, at) =>
      [paths[at] ?? '', { handle, storage: 1, stamp, plain: pathKey(plain) }] as const,
  );
  return { found: new Map(found), areHandlesKept };
}

test('the second of a name has its handle behind it, and a file that is really called so too', async () => {
  expect(await given([object(1, 'a'), object(2, 'a'), object(3, 'b')])).toEqual(['a', 'a;00000002', 'b']);
  const repeated = [object(1, 'a;00000003'), object(2, 'a'), object(3, 'a')];
  expect(await given(repeated)).toEqual(['a;00000003', 'a', 'a;00000003;00000003']);
});

test('the one that stays keeps its path when the other goes, also where it is listed first, and when its content changes', async () => {
  const before = await listed([object(1, 'a'), object(2, 'a')]);
  expect(await given([object(2, 'a')], before)).toEqual(['a;00000002']);
  expect(await given([object(2, 'a', 'other'), object(1, 'a')], before)).toEqual(['a;00000002', 'a']);
  expect(await given([object(3, 'a'), object(1, 'a')], before)).toEqual(['a;00000003', 'a']);
  expect(await given([object(3, 'a'), object(2, 'a')], before)).toEqual(['a', 'a;00000002']);
});

test('a file that was given another name has that one', async () => {
  const before = await listed([object(1, 'a'), object(2, 'a')]);
  expect(await given([object(1, 'a'), object(2, 'c')], before)).toEqual(['a', 'c']);
});

test('where handles are others now, name and stamp tell which is which, and nothing does where these are alike', async () => {
  const before = await listed([object(1, 'a'), object(2, 'a')], false);
  expect(await given([object(8, 'a', 's2'), object(9, 'a', 's1')], before)).toEqual(['a;00000002', 'a']);
  expect(await given([object(8, 'a', 's2')], before)).toEqual(['a;00000002']);
  const alike = await listed([object(1, 'a', 's'), object(2, 'a', 's')], false);
  const again = await given([object(2, 'a', 's'), object(9, 'a', 's')], alike);
  expect(again).toEqual(['a;00000002;00000002', 'a;00000009']);
});
