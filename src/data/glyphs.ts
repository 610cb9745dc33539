import { DIGITS, type Shapes } from './digit-strokes.ts';
import { fillNormal, fillUniform, fold, type Key } from '../random/index.ts';

/** Pixels of a side. */
const SIDE = 28;

/** By how much the drawn digits differ, in pixels where no unit is named. */
const SPREAD = {
  /** Height of a digit. */
  height: [15, 22],
  /** Width over height. */
  aspect: [0.65, 1.05],
  /** Tangent of half the angle of rotation. */
  turn: 0.13,
  /** Horizontal shift per vertical pixel. */
  slant: 0.25,
  /** Of the centre. */
  shift: 2.6,
  /** Of every point of a stroke, in parts of the digit. */
  wobble: 0.045,
  /** Half the width of a pen. */
  pen: [0.7, 1.5],
  ink: [0.65, 1],
  noise: 0.1,
} as const;

/** Most random numbers that the geometry of one digit takes. */
const DRAWS = 64;

/** Drawn digits: images of 28 × 28 from 0 to about 1, one after another, and the digit of each. */
export interface Glyphs {
  readonly images: Float32Array;
  readonly labels: Uint8Array;
}

const between = ([low, high]: readonly [number, number], r: number): number =>
  low + (high - low) * r;

/** Corners cut twice (Chaikin 1974), so that a polygon becomes a curve; the ends stay. */
function rounded(points: Float64Array): Float64Array {
  let from = points;
  for (let round = 0; round < 2; round++) {
    const count = from.length / 2;
    if (count < 3) return from;
    const to = new Float64Array(4 * (count - 1));
    for (let i = 0; i < count - 1; i++) {
      for (let axis = 0; axis < 2; axis++) {
        const [a, b] = [from[2 * i + axis], from[2 * i + 2 + axis]];
        to[4 * i + axis] = i === 0 ? a : 0.75 * a + 0.25 * b;
        to[4 * i + 2 + axis] = i === count - 2 ? b : 0.25 * a + 0.75 * b;
      }
    }
    from = to;
  }
  return from;
}

/** Draws a line segment with a round pen of half width `pen` and soft edges; where lines cross, ink does not add up. */
function drawSegment(
  image: Float32Array,
  points: Float64Array,
  at: number,
  pen: number,
  ink: number,
): void {
  const [x0, y0, x1, y1] = points.subarray(2 * at, 2 * at + 4);
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length2 = dx * dx + dy * dy;
  const reach = pen + 0.5;
  const left = Math.max(0, Math.ceil(Math.min(x0, x1) - reach));
  const right = Math.min(SIDE - 1, Math.floor(Math.max(x0, x1) + reach));
  const top = Math.max(0, Math.ceil(Math.min(y0, y1) - reach));
  const bottom = Math.min(SIDE - 1, Math.floor(Math.max(y0, y1) + reach));
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const along = length2 === 0 ? 0 : ((x - x0) * dx + (y - y0) * dy) / length2;
      const t = along < 0 ? 0 : along > 1 ? 1 : along;
      const [ox, oy] = [x - x0 - t * dx, y - y0 - t * dy];
      const cover = pen + 0.5 - Math.sqrt(ox * ox + oy * oy);
      const value = ink * (cover < 0 ? 0 : cover > 1 ? 1 : cover);
      const pixel = SIDE * y + x;
      if (value > image[pixel]) image[pixel] = value;
    }
  }
}

function drawDigit(image: Float32Array, shapes: Shapes, r: Float64Array): void {
  const strokes = shapes[Math.floor(r[0] * shapes.length)];
  const height = between(SPREAD.height, r[1]);
  const width = height * between(SPREAD.aspect, r[2]);
  const half = SPREAD.turn * (2 * r[3] - 1);
  // A rotation without sine and cosine, so that it is the same on every engine.
  const [cos, sin] = [(1 - half * half) / (1 + half * half), (2 * half) / (1 + half * half)];
  const slant = SPREAD.slant * (2 * r[4] - 1);
  const centre = (SIDE - 1) / 2;
  const [cx, cy] = [r[5], r[6]].map((u) => centre + SPREAD.shift * (2 * u - 1));
  const pen = between(SPREAD.pen, r[7]);
  const ink = between(SPREAD.ink, r[8]);
  let next = 9;
  for (const stroke of strokes) {
    const points = new Float64Array(2 * stroke.length);
    stroke.forEach(([px, py], index) => {
      const x = (px - 0.5 + SPREAD.wobble * (2 * r[next++ % DRAWS] - 1)) * width;
      const y = (py - 0.5 + SPREAD.wobble * (2 * r[next++ % DRAWS] - 1)) * height;
      const leaning = x - slant * y;
      points[2 * index] = cx + cos * leaning - sin * y;
      points[2 * index + 1] = cy + sin * leaning + cos * y;
    });
    const curve = rounded(points);
    for (let at = 0; at < curve.length / 2 - 1; at++) drawSegment(image, curve, at, pen, ink);
  }
}

/**
 * A pen that draws digit `i mod 10` at place i, in one of several hands, with random size, slant, place, pen, wobble of the
 * strokes and noise, into an image of 28 × 28. The same key gives the same images everywhere, in any order.
 */
export function glyphPen(key: Key): (index: number, image: Float32Array) => void {
  const [noise, strokes] = [fold(key, 'noise'), fold(key, 'strokes')];
  const uniforms = new Float64Array(DRAWS);
  const ink = new Float32Array(SIDE * SIDE);
  return (index, image) => {
    fillNormal(noise, image, 0, SPREAD.noise, index * SIDE * SIDE);
    fillUniform(strokes, uniforms, 0, 1, index * DRAWS);
    ink.fill(0);
    drawDigit(ink, DIGITS[index % 10], uniforms);
    for (let pixel = 0; pixel < image.length; pixel++) image[pixel] += ink[pixel];
  };
}

/** The first `count` images of 28 × 28 of a pen, and their digits. */
export function drawGlyphs(key: Key, count: number): Glyphs {
  const images = new Float32Array(count * SIDE * SIDE);
  const draw = glyphPen(key);
  for (let i = 0; i < count; i++) {
    draw(i, images.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE));
  }
  return { images, labels: Uint8Array.from({ length: count }, (_, i) => i % 10) };
}
