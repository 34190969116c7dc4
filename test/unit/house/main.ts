// `npm run house`: prints what the house costs, and ends with 1 where a figure is above its budget (test/unit/house/budget.json).
import { fileURLToPath } from 'node:url';
import { aboveBudget, measureHouse, readBudget } from './measure.ts';

/** This file lies four folders below the project when it was compiled, and it never runs otherwise. */
const project = fileURLToPath(new URL('../../../../', import.meta.url));

const house = await measureHouse(project);
const budget = await readBudget(project);
const line = (name: string, ...numbers: (number | string)[]): string =>
  `${name.padEnd(24)}${numbers.map((number) => String(number).padStart(9)).join('')}`;

console.log(line('figure', 'now', 'budget'));
for (const [name, bound] of Object.entries(budget))
  console.log(line(name, house.figures[name as keyof typeof house.figures], bound));
console.log(`\n${line('room', 'files', 'lines')}`);
for (const { room, files, lines } of house.rooms) console.log(line(room, files, lines));
console.log(`\nmedian of a file: ${house.median} lines; the longest:`);
for (const { path, lines } of house.longest) console.log(`${String(lines).padStart(6)} ${path}`);
console.log('\nwith one importer, in its folder, and of fewer than 60 lines:');
for (const { path, lines } of house.small) console.log(`${String(lines).padStart(6)} ${path}`);
if (house.arrowsBack.length > 0) console.log('\nimports from a room above:');
for (const { from, to } of house.arrowsBack) console.log(`  ${from} -> ${to}`);

const above = aboveBudget(house.figures, budget);
if (above.length > 0) console.error(`\nabove the budget:\n${above.map((each) => `  ${each}`).join('\n')}`);
process.exitCode = above.length > 0 ? 1 : 0;
