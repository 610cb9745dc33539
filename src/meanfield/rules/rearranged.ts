import { normalCdf, normalPdf } from '../../numeric/index.ts';
import type { Elementwise } from './pairs.ts';

const REACH = 8;
const STEPS = 2048;

/** How `f` runs over a Gaussian of second moment `q`: `none` if it both rises and falls. */
export function direction({ f }: Elementwise, q: number): 'rising' | 'falling' | 'none' {
  const std = Math.sqrt(q);
  let rises = false;
  let falls = false;
  let size = 0;
  for (let i = 0; i <= 256; i++) size = Math.max(size, Math.abs(f(std * (i / 16 - REACH))));
  for (let i = 0; i < 256; i++) {
    const change = f(std * ((i + 1) / 16 - REACH)) - f(std * (i / 16 - REACH));
    // Rounding of a function that has levelled off is no change of direction.
    if (Math.abs(change) <= 8 * Number.EPSILON * size) continue;
    if (change > 0) rises = true;
    else falls = true;
  }
  if (!falls) return 'rising';
  return rises ? 'none' : 'falling';
}

/**
 * The increasing rearrangement of `f` over `u ~ N(0, q)`: the increasing function of u that is distributed as
 * `f(u)`, `f*(u) = Q(Φ(u / √q))` with the quantiles Q of `f(u)`. The maximum of `f` over independent u is `f*`
 * of their maximum. Tabulated over 8 standard deviations and linear between.
 */
export function rearranged({ f }: Elementwise, q: number): Elementwise {
  const std = Math.sqrt(q);
  const step = (2 * REACH) / STEPS;
  const points = Array.from({ length: STEPS }, (_, i) => {
    const z = (i + 0.5) * step - REACH;
    return { value: f(std * z), weight: step * normalPdf(z) };
  }).sort((a, b) => a.value - b.value);

  const table = new Float64Array(STEPS + 1);
  let below = 0;
  let next = 0;
  for (let i = 0; i <= STEPS; i++) {
    const level = normalCdf(i * step - REACH);
    while (next < STEPS - 1 && below + points[next].weight < level) below += points[next++].weight;
    const { weight } = points[next];
    const low = next === 0 ? points[0].value : 0.5 * (points[next - 1].value + points[next].value);
    const high =
      next === STEPS - 1 ? points[next].value : 0.5 * (points[next].value + points[next + 1].value);
    const share = weight > 0 ? Math.min(1, Math.max(0, (level - below) / weight)) : 0;
    table[i] = low + share * (high - low);
  }
  return {
    breakpoints: [],
    f: (u) => {
      const at = Math.min(STEPS, Math.max(0, (u / std + REACH) / step));
      const i = Math.min(STEPS - 1, Math.floor(at));
      return table[i] + (at - i) * (table[i + 1] - table[i]);
    },
  };
}
