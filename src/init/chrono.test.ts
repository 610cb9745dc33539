import { expect, test } from 'vitest';
import { key } from '../random/index.ts';
import { chronoBias } from './chrono.ts';
import { specOf } from './spec.ts';

const draw = (n: number, options: Record<string, number | string>): Float64Array =>
  Float64Array.from(chronoBias.draw(key(3), specOf([n], 'oi', 'float64'), options).data);

test.each([3, 10, 784, 1e5])('e^b is uniform on 1 to T - 1 for T = %d', (tMax) => {
  const n = 4096;
  const u = draw(n, { t_max: tMax }).map(Math.exp).sort();
  let distance = 0;
  for (const [i, value] of u.entries()) {
    const expected = (value - 1) / (tMax - 2);
    distance = Math.max(distance, Math.abs((i + 0.5) / n - expected));
  }
  // Kolmogorov: √n times the distance is above 1.95 once in a thousand draws.
  expect(distance).toBeLessThan((1.95 + 0.5 / Math.sqrt(n)) / Math.sqrt(n));
  expect(u[0]).toBeGreaterThanOrEqual(1 - 1e-15);
  expect(u[n - 1]).toBeLessThanOrEqual((tMax - 1) * (1 + 1e-14));
});

test('the other sign of one stream is the negative, bit for bit, whatever the key of the tensor', () => {
  const forget = draw(999, { stream: 'layer 0' });
  const other = chronoBias.draw(key(3), specOf([999], 'oi', 'float64'), {
    stream: 'layer 0',
    sign: -1,
  });
  expect(Float64Array.from(other.data, (value) => -value)).toEqual(forget);
  expect(draw(999, { stream: 'layer 1' })).not.toEqual(forget);
  expect(draw(999, {})).not.toEqual(forget);
});

test('a memory of two steps has no spread', () => {
  expect(draw(5, { t_max: 2 })).toEqual(new Float64Array(5));
  expect(chronoBias.std(specOf([5], 'oi'), { t_max: 2 })).toBe(0);
});

test('a long tensor is drawn in pieces that fit', () => {
  const whole = draw(70000, {});
  expect(whole.subarray(0, 10)).toEqual(draw(10, {}));
  expect(whole.every((value) => value > 0)).toBe(true);
});

test.each([{ t_max: 1.9 }, { t_max: Infinity }, { t_max: NaN }, { sign: 0 }])(
  '%o is refused',
  (options) => {
    expect(() => chronoBias.accept(options)).toThrow(/^chrono_bias: (t_max|sign) must be /);
  },
);
