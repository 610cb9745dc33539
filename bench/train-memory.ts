/**
 * `node bench/train-memory.ts NETWORK THREADS`: takes steps of a network of bench/train-networks.ts and prints the bytes by which
 * they raise the peak of this process above what it holds before them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { givenOf, networkOf } from './train-networks.ts';

function status(field: string): number {
  const found = new RegExp(`${field}:\\s*(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'));
  return 1024 * Number(found?.[1]);
}

const [, , name, threads] = process.argv;
const given = givenOf(networkOf(name));
const trainer = await given.open(Number(threads));
writeFileSync('/proc/self/clear_refs', '5');
const before = status('VmRSS');
await trainer.steps(given.set, given.picks.slice(0, 1), 1);
await trainer.steps(given.set, given.picks, 2);
const bytes = status('VmHWM') - before;
await trainer.close();
console.log(bytes);
