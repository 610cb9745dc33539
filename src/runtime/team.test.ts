import { expect, test } from 'vitest';
import { countersFor, markDone, meet, reportFailure, take, waitFor, type Team } from './team.ts';

const teamOf = (items: number): Team => ({
  index: 0,
  size: 1,
  counters: new Int32Array(countersFor(items)),
});

test('who is alone waits for nobody and takes everything', () => {
  const team = teamOf(3);
  meet(team);
  expect([take(team, 0), take(team, 0), take(team, 1), take(team, 0)]).toEqual([0, 1, 0, 2]);
  markDone(team, 2);
  waitFor(team, 2);
  meet(team);
});

test('after a failure nobody gets past a place where they would wait', () => {
  const team = { ...teamOf(1), size: 2, counters: new Int32Array(new SharedArrayBuffer(16)) };
  reportFailure(team);
  expect(() => {
    meet(team);
  }).toThrowErrorMatchingInlineSnapshot(
    `[Error: team: all threads must do their part, got an error in another one]`,
  );
  expect(() => {
    waitFor(team, 0);
  }).toThrowErrorMatchingInlineSnapshot(
    `[Error: team: all threads must do their part, got an error in another one]`,
  );
});
