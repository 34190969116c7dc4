// Rows in blocks against a plain list, and what is seen of them while others come and go.
import { describe, expect, test } from 'vitest';
import { RowTable } from '../../../agent/spool/row-table.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

const ROW_BYTES = 12;

/** A row of two numbers, and its place among all that were ever made. */
function rowOf(first: number, second: number, made: number): Buffer {
  const bytes = Buffer.alloc(ROW_BYTES);
  for (const [at, value] of [first, second, made].entries()) bytes.writeUInt32LE(value, 4 * at);
  return bytes;
}

/** Found by its first number, of which there are few, and by its second, of which there are many. */
function tableOf(): RowTable {
  const table: RowTable = new RowTable(ROW_BYTES, [
    (row) => table.uint32(row, 0),
    (row) => table.uint32(row, 4),
  ]);
  return table;
}

const made = (table: RowTable, row: number): number => table.uint32(row, 8);

describe('rows in blocks', () => {
  for (const seed of [1, 2, 3])
    test(`say what a list says, by either of their numbers (seed ${seed})`, () => {
      const random = seededRandom(seed);
      const table = tableOf();
      const twin = new Map<number, readonly [number, number]>();
      let count = 0;
      for (let round = 0; round < 30; round++) {
        for (let more = random.below(400); more > 0; more--) {
          const [first, second] = [random.below(3), random.below(1000)];
          table.add(rowOf(first, second, count));
          twin.set(count++, [first, second]);
        }
        const goes = round % 7 === 6 ? 1 : 3;
        for (const row of table.downwards()) {
          if (random.below(goes) > 0) continue;
          twin.delete(made(table, row));
          table.remove(row);
        }
        for (const row of [...table.downwards()].filter(() => random.below(5) === 0)) {
          const second = random.below(1000);
          twin.set(made(table, row), [1, second]);
          table.replace(row, rowOf(1, second, made(table, row)));
        }
        expect(table.size).toBe(twin.size);
        const seen = [...table.downwards()].map((row) => made(table, row));
        expect(seen.toSorted((a, b) => a - b)).toEqual([...twin.keys()]);
        for (const [by, wanted] of [
          [0, 1],
          [1, random.below(1000)],
        ] as const) {
          const found = [...table.found(by, wanted)].filter((row) => table.uint32(row, 4 * by) === wanted);
          const of = [...twin].filter(([, numbers]) => numbers[by] === wanted).map(([key]) => key);
          expect(found.map((row) => made(table, row)).toSorted((a, b) => a - b)).toEqual(of);
        }
      }
      expect(count).toBeGreaterThan(4000);
    });

  test('that are there all the while are seen by whoever walks through them, whatever goes in between', () => {
    const random = seededRandom(4);
    const table = tableOf();
    const left = new Set<number>();
    for (let count = 0; count < 3000; count++) {
      table.add(rowOf(0, count, count));
      left.add(count);
    }
    const seen = new Set<number>();
    for (const row of table.downwards()) {
      seen.add(made(table, row));
      for (let gone = random.below(3); gone > 0 && table.size > 0; gone--) {
        const other = random.below(table.size);
        left.delete(made(table, other));
        table.remove(other);
      }
      if (random.below(2) === 0) table.add(rowOf(0, 0, 1_000_000));
    }
    expect(left.size).toBeGreaterThan(50);
    expect([...left].filter((each) => !seen.has(each))).toEqual([]);
  });

  test('give memory back as they go', () => {
    const table = tableOf();
    for (let count = 0; count < 20_000; count++) table.add(rowOf(0, count, count));
    const most = table.memoryBytes;
    for (const row of table.downwards()) table.remove(row);
    expect(table.size).toBe(0);
    expect(most - table.memoryBytes).toBeGreaterThan(19_000 * ROW_BYTES);
  });

  test('are copied as they are', () => {
    const table = tableOf();
    const rows = Array.from({ length: 1100 }, (_, at) => rowOf(at, at, at));
    for (const row of rows) table.add(row);
    expect(table.copy().equals(Buffer.concat(rows))).toBe(true);
  });
});
