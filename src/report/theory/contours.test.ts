import { expect, test } from 'vitest';
import { contours, simplified, type Corner } from './contours.ts';

/** Area of a closed loop, positive where the inside is on the left. */
function area(loop: readonly Corner[]): number {
  return loop.reduce((sum, [x, y], i) => {
    const [u, v] = loop[(i + 1) % loop.length];
    return sum + (x * v - u * y) / 2;
  }, 0);
}

function grid(
  columns: number,
  rows: number,
  f: (x: number, y: number) => number,
): { columns: number; rows: number; values: number[] } {
  const values = Array.from({ length: columns * rows }, (_, i) =>
    f(i % columns, Math.floor(i / columns)),
  );
  return { columns, rows, values };
}

test('a grid that is all inside is outlined half a cell beyond its last middles', () => {
  const loops = contours(
    grid(7, 4, () => 1),
    -Infinity,
  );
  expect(loops).toHaveLength(1);
  const [xs, ys] = [0, 1].map((axis) => loops[0].map((corner) => corner[axis]));
  expect([Math.min(...xs), Math.max(...xs)]).toEqual([-0.5, 6.5]);
  expect([Math.min(...ys), Math.max(...ys)]).toEqual([-0.5, 3.5]);
});

test('the outline of a slope is exactly where it reaches the level', () => {
  const loops = contours(
    grid(9, 9, (x) => x),
    3.25,
  );
  const left = loops[0].map(([x]) => x).filter((x) => x < 8);
  expect(Math.min(...left)).toBe(3.25);
});

test('the outline of a disc has its area, up to the square of the cell, and a hole takes its own away', () => {
  const radius = (x: number, y: number): number => Math.hypot(x - 50, y - 50);
  const disc = contours(
    grid(101, 101, (x, y) => 40 - radius(x, y)),
    0,
  );
  expect(disc).toHaveLength(1);
  // Chords of at most √2 cells lie at most 1/(4 · 40) inside a circle of radius 40.
  expect(Math.abs(area(disc[0]) - Math.PI * 40 ** 2)).toBeLessThan(2 * Math.PI * 40 * 0.01);
  const ring = contours(
    grid(101, 101, (x, y) => 10 - Math.abs(radius(x, y) - 30)),
    0,
  );
  expect(ring).toHaveLength(2);
  const total = ring.reduce((sum, loop) => sum + area(loop), 0);
  expect(Math.abs(total - Math.PI * (40 ** 2 - 20 ** 2))).toBeLessThan(2 * Math.PI * 60 * 0.03);
});

test('two corners that touch in a saddle are two outlines that do not cross', () => {
  const loops = contours({ columns: 2, rows: 2, values: [1, 0, 0, 1] }, 0.5);
  expect(loops).toHaveLength(2);
  for (const loop of loops) expect(area(loop)).toBeGreaterThan(0);
});

test('what is not a number is outside, and nothing at all has no outline', () => {
  const values = [1, 1, 1, 1, NaN, 1, 1, 1, 1];
  expect(contours({ columns: 3, rows: 3, values }, -Infinity)).toHaveLength(2);
  expect(contours({ columns: 3, rows: 3, values }, 2)).toEqual([]);
  expect(contours({ columns: 1, rows: 1, values: [NaN] }, -Infinity)).toEqual([]);
});

test('infinite values make no corner that is not a number', () => {
  const loops = contours({ columns: 3, rows: 1, values: [0, Infinity, -Infinity] }, 1);
  expect(loops.flat(2).every(Number.isFinite)).toBe(true);
});

test('a simplified loop keeps its ends and stays within the tolerance', () => {
  const line = Array.from({ length: 500 }, (_, i): Corner => [i, 30 * Math.sin(i / 40)]);
  const kept = simplified(line, 0.3);
  expect(kept[0]).toEqual(line[0]);
  expect(kept.at(-1)).toEqual(line.at(-1));
  expect(kept.length).toBeLessThan(80);
  for (const [x, y] of line) {
    const next = Math.max(
      1,
      kept.findIndex(([at]) => at >= x),
    );
    const [[x0, y0], [x1, y1]] = [kept[next - 1], kept[next]];
    const height = y0 + ((x - x0) / (x1 - x0)) * (y1 - y0);
    // The distance to a line is that along y times the cosine of its slope, which is at most 0.75.
    expect(Math.abs(height - y) * Math.cos(Math.atan(0.75))).toBeLessThanOrEqual(0.3 + 1e-9);
  }
});
