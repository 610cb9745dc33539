/**
 * Threads that do one piece of work together. All see the same `counters`, which are 0 at first, and
 * come to every `meet` in the same order. Who is alone needs no shared memory.
 */
export interface Team {
  /** Which of the threads this is, `0 … size - 1`. */
  readonly index: number;
  readonly size: number;
  readonly counters: Int32Array;
}

const ARRIVED = 0;
const ROUND = 1;
const FAILED = 2;
const FREE = 3;

/** Counters of a team that has so many items to count. */
export function countersFor(items: number): number {
  return FREE + items;
}

function checkFailed(counters: Int32Array): void {
  if (Atomics.load(counters, FAILED) !== 0) {
    throw new Error('team: all threads must do their part, got an error in another one');
  }
}

/** Waits while a counter has a value. Throws if a thread of the team has failed. */
function waitWhile(counters: Int32Array, at: number, value: number): void {
  while (Atomics.load(counters, at) === value) {
    checkFailed(counters);
    Atomics.wait(counters, at, value);
  }
  checkFailed(counters);
}

/** Waits until all threads have come here. Throws if one of them has failed. */
export function meet({ size, counters }: Team): void {
  const round = Atomics.load(counters, ROUND);
  if (Atomics.add(counters, ARRIVED, 1) + 1 < size) {
    waitWhile(counters, ROUND, round);
    return;
  }
  Atomics.store(counters, ARRIVED, 0);
  Atomics.add(counters, ROUND, 1);
  Atomics.notify(counters, ROUND);
}

/** Takes a number of those that the threads share out, 0, 1, …, each given to one of them. */
export function take({ counters }: Team, item: number): number {
  return Atomics.add(counters, FREE + item, 1);
}

/** Says that an item is done. */
export function markDone({ counters }: Team, item: number): void {
  Atomics.store(counters, FREE + item, 1);
  Atomics.notify(counters, FREE + item);
}

/** Waits until an item is done. Throws if a thread of the team has failed. */
export function waitFor({ counters }: Team, item: number): void {
  waitWhile(counters, FREE + item, 0);
}

/** Tells the other threads, wherever they wait, that this one has failed. */
export function reportFailure({ counters }: Team): void {
  Atomics.store(counters, FAILED, 1);
  for (let at = 0; at < counters.length; at++) Atomics.notify(counters, at);
}
