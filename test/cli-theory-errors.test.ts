import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectNear, failure, folder, json, picture, theory, write } from './theory-command.ts';

describe("a user's own activation", () => {
  test('is a module with f, with or without df, with types or without', () => {
    const own = write(
      'own.ts',
      'export const f = (x: number): number => Math.max(x, 0);\n' +
        'export const df = (x: number): number => (x > 0 ? 1 : 0);\n',
    );
    write('package.json', '{}');
    const alone = write('alone.mjs', 'export default (x) => Math.max(x, 0);\n');
    for (const activation of [own, alone, join(folder, 'own.ts')]) {
      const gains = json('gain', '--activation', activation) as Record<string, number>;
      expectNear(gains['forward'], Math.SQRT2, 1e-9);
      expectNear(gains['backward'], Math.SQRT2, 1e-8);
    }
    rmSync(join(folder, 'package.json'));
  });

  test('serves every command', () => {
    const own = write('mine.ts', 'export const f = (x: number) => Math.tanh(x);\n');
    const { points } = json('critical', '--activation', own, '--sigma-b2', '0.05') as {
      points: Record<string, number>[];
    };
    // The edge of tanh: computed twice by independent quadrature. Its derivative is taken by differences.
    expectNear(points[0]['sigmaW2'], 1.7609546396, 1e-7);
    expect(picture('point', '--activation', own, '--sigma-w2', '1.5')).toContain('mine');
  });

  test('that cannot be had is an error in one sentence', () => {
    write('syntax.js', 'export const f = (x) => {');
    write('none.mjs', 'export const g = 1;');
    write('number.mjs', 'export const f = 3;');
    write('text.mjs', 'export const f = (x) => String(x);');
    write('throws.mjs', 'throw new Error("not today");');
    const errors = [
      'missing.ts',
      'syntax.js',
      'none.mjs',
      'number.mjs',
      'text.mjs',
      'throws.mjs',
    ].map((name) => failure('gain', '--activation', `./${name}`));
    expect(errors).toMatchInlineSnapshot(`
      [
        [
          "stepzero: ./missing.ts: must be a module that can be loaded, got no such file",
          1,
        ],
        [
          "stepzero: ./syntax.js: must be a module that can be loaded, got Unexpected end of input",
          1,
        ],
        [
          "stepzero: ./none.mjs: must export the activation as f, got g",
          1,
        ],
        [
          "stepzero: ./number.mjs: f must be a function of a number, got number",
          1,
        ],
        [
          "stepzero: ./text.mjs: f(-40) must be a number, got string",
          1,
        ],
        [
          "stepzero: ./throws.mjs: must be a module that can be loaded, got not today",
          1,
        ],
      ]
    `);
  });

  test('that is a folder is an error in one sentence', () => {
    expect(failure('gain', '--activation', './')).toEqual([
      'stepzero: ./: must be a module that can be loaded, got no file but a folder',
      1,
    ]);
  });

  test('that has no edge, or one without end, still has a range to draw', () => {
    write('steps.mjs', 'export const f = (x) => (x < -0.37 ? 0 : x < 1.21 ? 1 : 3);');
    write('two.mjs', 'export const f = () => 2;');
    write('dead.mjs', 'export const f = (x) => Math.min(Math.max(x - 0.337, 0), 2);');
    const lasts = ['steps', 'two', 'dead'].map((name) => {
      const args = ['--activation', `./${name}.mjs`, '--grid', '3'];
      const { sigmaW2 } = json('diagram', ...args) as { sigmaW2: number[] };
      return sigmaW2[2];
    });
    expect(lasts.slice(0, 2)).toEqual([4, 4]);
    // Below its kink nothing passes, so that the edge runs to infinite weights as q falls.
    expect(lasts[2]).toBeGreaterThan(2);
    expect(lasts[2]).toBeLessThan(200);
  });

  test('that has no theory is an error that says why', () => {
    write('nan.mjs', 'export const f = (x) => Math.sqrt(x);');
    write('huge.mjs', 'export const f = (x) => Math.exp(x * x);');
    const errors = ['nan.mjs', 'huge.mjs'].map((name) =>
      failure('point', '--activation', `./${name}`, '--sigma-w2', '1'),
    );
    expect(errors).toMatchInlineSnapshot(`
      [
        [
          "stepzero: nonlinearity: f of nan must be finite, got f(-40) = NaN",
          1,
        ],
        [
          "stepzero: nonlinearity: f of huge must be square-integrable over every Gaussian, got growth like exp(1 x²), for which E f(√q z)² is infinite from q = 0.25 on",
          1,
        ],
      ]
    `);
  });
});

describe('a wrong call', () => {
  test('is told in one sentence with exit code 2', () => {
    const tanh = ['--activation', 'tanh'];
    expect([
      failure('point', ...tanh),
      failure('point', ...tanh, '--sigma-w2', 'much'),
      failure('critical', ...tanh),
      failure('critical', ...tanh, '--q', '1', '--sigma-b2', '0'),
      failure('spectrum', ...tanh, '--depth', '3', '--weights', 'sparse'),
      failure('spectrum', ...tanh, '--depth', '3', '--q', '1', '--sigma-w2', '1'),
      failure('cmap', ...tanh, '--c', '0,x'),
      failure('diagram', ...tanh),
      failure('diagram', ...tanh, '--range', '4:1,0:1', '--json'),
      failure('diagram', ...tanh, '--range', '1:2', '--json'),
      failure('point', ...tanh, '--sigma-w2', '1', '--svg', 'picture.png'),
      failure('shape', ...tanh, '--method', 'dks'),
      failure('shape', ...tanh, '--method', 'dks', '--depth', '3', '--model', 'resnet:50'),
      failure('nothing'),
    ]).toMatchInlineSnapshot(`
      [
        [
          "stepzero: required option '--sigma-w2 <X>' not specified",
          2,
        ],
        [
          "stepzero: --sigma-w2: must be a number, got much",
          2,
        ],
        [
          "stepzero: theory critical: one of --sigma-b2, --sigma-w2 and --q must be given, got none",
          2,
        ],
        [
          "stepzero: option '--sigma-b2 <X>' cannot be used with option '--q <X>'",
          2,
        ],
        [
          "stepzero: --weights: must be one of gaussian, orthogonal, got sparse",
          2,
        ],
        [
          "stepzero: option '--q <X>' cannot be used with option '--sigma-w2 <X>'",
          2,
        ],
        [
          "stepzero: --c: must be numbers such as 0,0.5, got 0,x",
          2,
        ],
        [
          "stepzero: theory diagram: one of --svg and --json must be given, got none",
          2,
        ],
        [
          "stepzero: --range: must be two ranges of variances, from low to high, such as 0.5:4,0:1, got 4:1,0:1",
          2,
        ],
        [
          "stepzero: --range: must be two ranges such as 0.5:4,0:1, got 1:2",
          2,
        ],
        [
          "stepzero: --svg: must end in .svg, got picture.png",
          2,
        ],
        [
          "stepzero: theory shape: one of --model and --depth must be given, got none",
          2,
        ],
        [
          "stepzero: option '--model <MODEL>' cannot be used with option '--depth <X>'",
          2,
        ],
        [
          "stepzero: unknown command 'nothing'",
          2,
        ],
      ]
    `);
  });

  test('bad numbers are told in one sentence with exit code 1, and nothing is written', () => {
    const tanh = ['--activation', 'tanh'];
    expect([
      failure('gain', '--activation', 'tanhh'),
      failure('gain', ...tanh, '--q', '-1'),
      failure('point', ...tanh, '--sigma-w2', '-1', '--svg', 'a.svg'),
      failure('point', ...tanh, '--sigma-w2', 'inf'),
      failure('point', '--activation', 'relu', '--sigma-w2', '3', '--sigma-b2', '0.1'),
      failure('critical', '--activation', 'softplus', '--sigma-b2', '0.1'),
      failure('critical', '--activation', 'sigmoid', '--sigma-w2', '4'),
      failure('critical', '--activation', 'gelu', '--sigma-w2', '1.9'),
      failure('spectrum', ...tanh, '--depth', '0'),
      failure('spectrum', ...tanh, '--depth', '2.5'),
      failure('cmap', ...tanh, '--depth', '0'),
      failure('cmap', ...tanh, '--c', '1.5'),
      failure('saxe', '--layers', '1'),
      failure('saxe', '--layers', '3', '--u0', '2'),
      failure('diagram', ...tanh, '--grid', '1', '--json'),
      failure('point', ...tanh, '--sigma-w2', '1', '--svg', 'no/such/folder.svg'),
      failure('shape', '--activation', 'relu', '--method', 'dks', '--depth', '0'),
    ]).toMatchInlineSnapshot(`
      [
        [
          "stepzero: activation: name must be one of linear, relu, leaky_relu, prelu, relu6, tanh, sigmoid, hard_tanh, hard_sigmoid, hard_swish, erf, arctan, softsign, softplus, elu, celu, selu, gelu, gelu_tanh, silu, mish, sin, abs, sign, got tanhh; the nearest is tanh",
          1,
        ],
        [
          "stepzero: secondMoment: q must be positive and finite, got -1",
          1,
        ],
        [
          "stepzero: phasePoint: sigmaW2 must be a variance, finite and not negative, got -1",
          1,
        ],
        [
          "stepzero: phasePoint: sigmaW2 must be a variance, finite and not negative, got Infinity",
          1,
        ],
        [
          "stepzero: fixedPoint: the variance map of relu must have a fixed point q = sigmaW2 E f(√q z)² + sigmaB2 that signals approach from q = 1, got none for sigmaW2 = 3, sigmaB2 = 0.1: they grow without bound; with this sigmaB2 there is one for sigmaW2 < 2",
          1,
        ],
        [
          "stepzero: criticalPoints: softplus must have a point on the edge of chaos, got none since sigmaB2 = q - E f(√q z)² / E f'(√q z)² is negative for every q from 1e-8 to 1e12, -7.97885e-7 q at best, at q = 1000000000000: the mean of its output is too large; subtract its mean, as a shaped activation does, or normalise",
          1,
        ],
        [
          "stepzero: criticalPoints: chi_1 = sigmaW2 E f'(√q z)² = 1 must hold at a fixed point of sigmoid with sigmaW2 = 4, got none for q up to 1e12; the nearest point is sigmaW2 = 103.008, sigmaB2 = 0 (q = 45.6243)",
          1,
        ],
        [
          "stepzero: criticalPoints: chi_1 = sigmaW2 E f'(√q z)² = 1 must hold at a fixed point of gelu with sigmaW2 = 1.9, got none for q up to 1e12; the nearest point is sigmaW2 = 1.95581, sigmaB2 = 0.327377 (q = 10.2133)",
          1,
        ],
        [
          "stepzero: jacobianSpectrum: depth must be a whole number from 1 on, got 0",
          1,
        ],
        [
          "stepzero: jacobianSpectrum: depth must be a whole number from 1 on, got 2.5",
          1,
        ],
        [
          "stepzero: theory cmap: depth must be a whole number from 1 to 1000000, got 0",
          1,
        ],
        [
          "stepzero: theory cmap: c must be a correlation, from -1 to 1, got 1.5",
          1,
        ],
        [
          "stepzero: saxeTime: layers must be a whole number from 2 on, input and output counted, or Infinity, got 1",
          1,
        ],
        [
          "stepzero: saxeTime: u0 must lie between 0 and s = 1, got 2",
          1,
        ],
        [
          "stepzero: theory diagram: grid must be a whole number from 2 to 1000, got 1",
          1,
        ],
        [
          "stepzero: no/such/folder.svg: must be in a folder that exists and can be written to, got no such file or folder",
          1,
        ],
        [
          "stepzero: plainNetwork: depth must be a whole number from 1 on, got 0",
          1,
        ],
      ]
    `);
  });
});

test('every example of every help runs', () => {
  write('mine.ts', 'export const f = (x: number): number => x / (1 + x * x);\n');
  const commands = ['gain', 'point', 'critical', 'spectrum', 'cmap', 'diagram', 'saxe', 'shape'];
  const pages = [theory('--help'), ...commands.map((name) => theory(name, '--help'))];
  const examples = pages.flatMap(({ stdout }) =>
    [...stdout.matchAll(/^ {2}\$ stepzero theory (.*)$/gm)].map(([, words]) => words),
  );
  expect(examples.length).toBeGreaterThan(20);
  for (const example of new Set(examples)) {
    const { status, stderr } = theory(...example.split(' '));
    expect([example, status, stderr]).toEqual([example, 0, '']);
  }
}, 600_000);
