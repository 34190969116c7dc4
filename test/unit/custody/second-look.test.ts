// Second looks at documents that did not verify: one after the other, and so often at most.
import { expect, test } from 'vitest';
import { InDoubt } from '../../../agent/spool/in-doubt.ts';
import { SecondLook } from '../../../agent/custody/second-look.ts';

test('whoever asks while another look settles something goes by what it settled', async () => {
  const done: string[] = [];
  const look = new SecondLook<string>({
    unread: new InDoubt<string>(['a']),
    settled: () => undefined,
    isInPlace: () => true,
    look: async () => () => undefined,
    follow: async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      done.push('settled');
    },
  });
  await Promise.all([look.atAll(), look.atAll().then(() => done.push('named'))]);
  expect(done).toEqual(['settled', 'named']);
});

test('what stays damaged is looked at again whenever something is named, or said of it', async () => {
  const looked: string[] = [];
  const look = new SecondLook<string>({
    unread: new InDoubt<string>(['a']),
    settled: () => undefined,
    isInPlace: () => true,
    look: async (name) => {
      looked.push(name);
      throw Object.assign(new Error('EIO: read'), { code: 'EIO' });
    },
    follow: () => {
      throw new Error('nothing verified');
    },
  });
  for (let asked = 0; asked < 5; asked++) await look.atAll();
  expect(looked).toHaveLength(5);
  await look.at('a');
  await look.at('another');
  expect(looked).toHaveLength(6);
});

test('of ten thousand fifty that lie in their places are looked at in one go, and fifty others, each time other ones', async () => {
  const looked = new Map<string, number>();
  const look = new SecondLook<string>({
    unread: new InDoubt<string>(Array.from({ length: 10_000 }, (_, at) => String(at))),
    settled: () => undefined,
    isInPlace: (name) => Number(name) >= 9_900,
    look: async (name) => {
      looked.set(name, (looked.get(name) ?? 0) + 1);
      return undefined;
    },
    follow: () => undefined,
  });
  await look.atAll();
  expect([...looked.keys()].filter((name) => Number(name) >= 9_900)).toHaveLength(50);
  expect(looked.size).toBe(100);
  await look.atAll();
  expect([...looked.keys()].filter((name) => Number(name) >= 9_900)).toHaveLength(100);
  expect(new Set(looked.values())).toEqual(new Set([1]));
});

test('a machine that is short of something says nothing of a document: the error goes to whoever asks', async () => {
  const look = new SecondLook<string>({
    unread: new InDoubt<string>(['a']),
    settled: () => undefined,
    isInPlace: () => true,
    look: () => Promise.reject(Object.assign(new Error('EMFILE: open'), { code: 'EMFILE' })),
    follow: () => undefined,
  });
  await expect(look.atAll()).rejects.toThrow('EMFILE');
  await expect(look.at('a')).rejects.toThrow('EMFILE');
});

test('what follows from what verified is found at the next look where the machine was short of something', async () => {
  const settled: number[] = [];
  const look = new SecondLook<string>({
    unread: new InDoubt<string>(['a']),
    settled: () => undefined,
    isInPlace: () => true,
    look: async () => () => undefined,
    follow: async () => {
      if (settled.push(1) === 1) throw Object.assign(new Error('EMFILE: open'), { code: 'EMFILE' });
    },
  });
  await expect(look.atAll()).rejects.toThrow('EMFILE');
  await look.atAll();
  await look.atAll();
  expect(settled).toHaveLength(2);
});

test('what left meanwhile is not taken', async () => {
  const unread = new InDoubt<string>(['a']);
  const taken: string[] = [];
  const look = new SecondLook<string>({
    unread,
    settled: () => undefined,
    isInPlace: () => true,
    look: async (name) => {
      unread.delete(name);
      return () => taken.push(name);
    },
    follow: () => {
      throw new Error('nothing was taken');
    },
  });
  await look.at('a');
  expect(taken).toEqual([]);
});

test('whoever asks of one that another look has just taken goes by what that settles', async () => {
  const done: string[] = [];
  let go: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => (go = resolve));
  const look = new SecondLook<string>({
    unread: new InDoubt<string>(['a', 'slow']),
    settled: () => undefined,
    isInPlace: () => true,
    look: async (name) => {
      if (name === 'slow') await slow;
      return name === 'a' ? () => void done.push('taken') : undefined;
    },
    follow: () => void done.push('settled'),
  });
  const all = look.atAll();
  await new Promise((resolve) => setImmediate(resolve));
  const asked = look.at('a').then(() => done.push('said'));
  await new Promise((resolve) => setImmediate(resolve));
  go();
  await Promise.all([all, asked]);
  expect(done).toEqual(['taken', 'settled', 'said']);
});

test('a look that the machine cut short: whoever asks of what it took goes by what that settles', async () => {
  const done: string[] = [];
  const look = new SecondLook<string>({
    unread: new InDoubt<string>(['a', 'b']),
    settled: () => undefined,
    isInPlace: () => true,
    look: async (name) => {
      if (name === 'b') throw Object.assign(new Error('EMFILE: open'), { code: 'EMFILE' });
      return () => void done.push('taken');
    },
    follow: () => void done.push('settled'),
  });
  await look.atAll().catch(() => undefined);
  await look.at('a');
  expect(done).toEqual(['taken', 'settled']);
});

test('what verified is in doubt until what follows from it was found, and told of behind that', async () => {
  const unread = new InDoubt<string>(['a']);
  const seen: string[] = [];
  const look = new SecondLook<string>({
    unread,
    isInPlace: () => true,
    look: async () => () => seen.push(`taken ${unread.has('a')}`),
    follow: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(`followed ${unread.has('a')}`);
    },
    settled: () => seen.push(`settled ${unread.has('a')}`),
  });
  await look.at('a');
  await look.at('a');
  expect(seen).toEqual(['taken true', 'followed true', 'settled false']);
});
