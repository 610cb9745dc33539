import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const MAIN = resolve(import.meta.dirname, '../src/cli/main.ts');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stepzero-theory-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function theory(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'theory', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '' },
  });
  return { status, stdout, stderr };
}

/** What a command prints as JSON. */
function json(...args: string[]): unknown {
  const { status, stdout, stderr } = theory(...args, '--json');
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return JSON.parse(stdout);
}

/** What a command prints for people. */
function text(...args: string[]): string {
  const { status, stdout, stderr } = theory(...args);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

/** The one sentence on standard error and the exit code; nothing may have been written. */
function failure(...args: string[]): [sentence: string, status: number | null] {
  const before = readdirSync(folder).sort();
  const { status, stdout, stderr } = theory(...args);
  expect(stdout).toBe('');
  expect(readdirSync(folder).sort()).toEqual(before);
  expect(stderr).not.toMatch(/\n\s+at /);
  const [sentence] = stderr.replaceAll(folder, 'FOLDER').split('\n');
  return [sentence, status];
}

/** A picture that a command wrote. */
function picture(...args: string[]): string {
  text(...args, '--svg', 'picture.svg');
  const svg = readFileSync(join(folder, 'picture.svg'), 'utf8');
  expect(svg).toMatch(/^<svg role="img" aria-label="[^"]+"/);
  expect(svg).not.toMatch(/NaN|undefined|Infinity| id=|https?:(?!\/\/www\.w3\.org\/2000\/svg")/);
  return svg;
}

function write(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return `./${name}`;
}

/** The words of a command line. */
function call(line: string): string[] {
  return line.split(' ');
}

/** Within a relative tolerance. */
function expectNear(actual: number, expected: number, tolerance: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(tolerance * Math.abs(expected));
}

describe('gain', () => {
  test('gives both gains under the keys that others rely on', () => {
    const gains = json('gain', '--activation', 'relu') as Record<string, number>;
    expect(Object.keys(gains)).toEqual(['forward', 'backward']);
    expectNear(gains['forward'], Math.SQRT2, 1e-12);
    expectNear(gains['backward'], Math.SQRT2, 1e-12);
    // Computed twice by independent quadrature: E tanh(z)² and E tanh'(z)².
    const tanh = json('gain', '--activation', 'tanh', '--q', '1') as Record<string, number>;
    expectNear(tanh['forward'], 1 / Math.sqrt(0.3942944904), 1e-9);
    expectNear(tanh['backward'], 1 / Math.sqrt(0.4644029024), 1e-9);
  });

  test('says in words what they are for', () => {
    expect(text('gain', '--activation', 'leaky_relu:0.2')).toMatchInlineSnapshot(`
      "Gains of leaky_relu:0.2 at q = 1

        forward   1.38675  keeps the second moment q of pre-activations: √(q / E φ(√q z)²)
        backward  1.38675  keeps the second moment of gradients: 1 / √(E φ′(√q z)²)

      ▌ One gain keeps both signals and gradients: weights of variance 1.92 / fan_in.
      "
    `);
    expect(text('gain', '--activation', 'tanh')).toMatchInlineSnapshot(`
      "Gains of tanh at q = 1

        forward   1.592537  keeps the second moment q of pre-activations: √(q / E φ(√q z)²)
        backward  1.467414  keeps the second moment of gradients: 1 / √(E φ′(√q z)²)

      ▌ Weights of variance 2.54 / fan_in keep signals of this size, and gradients grow by the factor 1.18
      ▌ per layer.
      "
    `);
  });
});

describe('point', () => {
  test('gives fixed points and depth scales under the keys that others rely on', () => {
    const place = ['--activation', 'tanh', '--sigma-w2', '6.25', '--sigma-b2', '0.09'];
    const point = json('point', ...place) as Record<string, number | string>;
    expect(Object.keys(point)).toEqual([
      'qStar',
      'cStar',
      'chi1',
      'chiC',
      'chiQ',
      'xiQ',
      'xiC',
      'xiGradient',
      'phase',
    ]);
    // q*, χ₁ and ξ_q by mpmath with 30 digits, the others by 400 × 400 nodes of Gauss and Legendre.
    const golden = {
      qStar: 4.079123875282246,
      cStar: 0.122103747305616,
      chi1: 1.585224765006033,
      chiC: 0.822229172723612,
      xiQ: 0.6883414572367732,
      xiC: 5.10891898916827,
    };
    for (const [key, value] of Object.entries(golden))
      expectNear(point[key] as number, value, 1e-8);
    expect(point['phase']).toBe('chaotic');
  });

  test('an infinite depth scale is null, and said in words', () => {
    const point = json('point', '--activation', 'relu', '--sigma-w2', '2') as Record<
      string,
      unknown
    >;
    expect(point).toMatchObject({ phase: 'critical', xiC: null, xiGradient: null });
    expect(text('point', '--activation', 'relu', '--sigma-w2', '2')).toContain('ξ_c');
  });

  test('draws both maps', () => {
    const place = ['--activation', 'tanh', '--sigma-w2', '1.69', '--sigma-b2', '0.09'];
    const svg = picture('point', ...place);
    for (const label of ['q of a layer', 'c of the next layer', 'V(q)', 'C(c)']) {
      expect(svg).toContain(`>${label}</text>`);
    }
    expect(text('point', ...place)).toMatchInlineSnapshot(`
      "tanh at σw² = 1.69, σb² = 0.09

        q*     0.6070468  second moment of pre-activations that signals run to
        c*     1          correlation that two inputs run to
        χ₁     0.9398074  factor per layer of the second moment of gradients
        χ_c    0.9398074  factor per layer of a small difference of the correlation from c*
        χ_q    0.4735159  factor per layer of a small difference of q from q*
        ξ_q    1.337668   layers over which a difference from q* falls by e
        ξ_c    16.10817   layers over which a difference from c* falls by e
        ξ_∇    16.10817   layers over which gradients change by e
        phase  ordered    ordered for χ₁ < 1, critical for χ₁ = 1, chaotic for χ₁ > 1

      ▌ Ordered: inputs become alike and gradients vanish, by e over 16.1 layers; trainable to about 6 ξ_c
      ▌ = 96.6 layers (Schoenholz et al. 2017).
      "
    `);
  });
});

describe('critical', () => {
  test('lists every solution under the keys that others rely on', () => {
    const { points } = json('critical', '--activation', 'tanh', '--sigma-b2', '0.05') as {
      points: Record<string, number>[];
    };
    expect(points.map(Object.keys)).toEqual([['sigmaW2', 'sigmaB2', 'qStar', 'chiQ']]);
    // Computed twice by independent quadrature.
    expectNear(points[0]['sigmaW2'], 1.7609546396, 1e-9);
    expectNear(points[0]['qStar'], 0.5700478816, 1e-9);
    expectNear(points[0]['sigmaB2'], 0.05, 1e-12);
  });

  test('takes q* and σw² as well', () => {
    const byQ = json('critical', '--activation', 'hard_tanh', '--q', '1') as {
      points: Record<string, number>[];
    };
    // Computed twice by independent quadrature.
    expectNear(byQ.points[0]['sigmaW2'], 1.4647947735, 1e-7);
    expectNear(byQ.points[0]['sigmaB2'], 0.244080131736, 1e-7);
    const sigmaW2 = String(byQ.points[0]['sigmaW2']);
    const byW = json('critical', '--activation', 'hard_tanh', '--sigma-w2', sigmaW2) as typeof byQ;
    expectNear(byW.points[0]['qStar'], 1, 1e-8);
  });

  test('says whether signals stay at a point, and draws the edge', () => {
    expect(text('critical', '--activation', 'gelu', '--sigma-b2', '0.1')).toMatchInlineSnapshot(`
      "Edge of chaos of gelu

             σw²  σb²        q*       χ_q  signals at q*
        ────────────────────────────────────────────────
        2.076676  0.1  1.632426  1.037415  unstable

      ▌ Weights of variance 2.08 / fan_in and biases of variance 0.1 keep gradients at their size,
      ▌ whatever the depth, but only for signals of q = 1.63: an error of q grows by 1.04 per layer.
      "
    `);
    const svg = picture('critical', '--activation', 'gelu', '--sigma-b2', '0.1');
    expect(svg).toContain('>edge, signals unstable</text>');
    expect(svg).toContain('>σb², variance of a bias</text>');
    expect(picture('critical', '--activation', 'relu', '--sigma-b2', '0')).toContain('σw² = 2');
  });
});

describe('spectrum', () => {
  test('gives edges, moments, deciles and the density under the keys that others rely on', () => {
    const spectrum = json(
      ...call(
        'spectrum --activation hard_tanh --weights orthogonal --depth 32 --q 0.25 --points 50',
      ),
    ) as {
      sMax: number;
      sigmaW2: number;
      qStar: number;
      deciles: number[];
      atoms: Record<string, number>[];
      density: Record<string, number[]>;
    };
    expect(Object.keys(spectrum)).toEqual([
      'sigmaW2',
      'sigmaB2',
      'qStar',
      'sMax',
      'sMin',
      'mean',
      'variance',
      'deciles',
      'atoms',
      'density',
    ]);
    // Coincides with a published figure.
    expectNear(spectrum.sMax, 2.020284, 1e-6);
    expectNear(spectrum.sigmaW2, 1.0476692263, 1e-7);
    expect(spectrum.qStar).toBe(0.25);
    expect(spectrum.deciles).toHaveLength(9);
    expect(Object.keys(spectrum.density)).toEqual(['s', 'rho']);
    expect(spectrum.density['s']).toHaveLength(spectrum.density['rho'].length);
    for (const atom of spectrum.atoms) expect(Object.keys(atom)).toEqual(['s', 'mass']);
  });

  test('one variance alone makes the other critical', () => {
    const spectrum = json(
      ...call('spectrum --activation tanh --weights gaussian --depth 200 --sigma-w2 1.05'),
    ) as { sMax: number };
    // Coincides with a published figure.
    expectNear(spectrum.sMax, 23.395294, 1e-6);
  });

  test('draws densities that end, that run to infinity and that have atoms', () => {
    const tanh = picture(
      ...call('spectrum --activation tanh --weights orthogonal --depth 32 --q 0.02'),
    );
    expect(tanh).toContain('>density ρ(s)</text>');
    expect(tanh).toContain('>singular value s</text>');
    const wide = picture('spectrum', '--activation', 'relu', '--depth', '32');
    expect(wide).toContain('>s ρ(s), share per unit of ln s</text>');
  });
});

describe('cmap', () => {
  test('gives one list per starting value, layer by layer, critical unless told otherwise', () => {
    const map = json('cmap', '--activation', 'relu', '--c', '0,0.5,-0.5', '--depth', '100') as {
      c: number[];
      value: number[][];
      sigmaW2: number;
    };
    expect(Object.keys(map)).toEqual(['c', 'value', 'sigmaW2', 'sigmaB2', 'qStar']);
    expect(map.c).toEqual([0, 0.5, -0.5]);
    expect(map.value.map(({ length }) => length)).toEqual([100, 100, 100]);
    expectNear(map.sigmaW2, 2, 1e-12);
    // The arc-cosine kernel, iterated: closed form.
    for (const [layer, value] of [
      [1, 0.318309886184],
      [5, 0.735946350628],
      [20, 0.948428479156],
      [100, 0.996423146684],
    ]) {
      expectNear(map.value[0][layer - 1], value, 1e-11);
    }
    expectNear(map.value[1][0], 0.608997781044, 1e-11);
    expectNear(map.value[2][0], 0.108997781044, 1e-11);
  });

  test('shows a few layers of many, and draws them all', () => {
    const words = ['cmap', '--activation', 'relu', '--c', '0,0.5', '--depth', '20'];
    expect(text(...words)).toMatchInlineSnapshot(`
      "Correlation of two inputs, relu, σw² = 2, σb² = 0, q* = 1 (on the edge of chaos at q* = 1)

        layer     c₀ = 0   c₀ = 0.5
        ───────────────────────────
            1  0.3183099  0.6089978
            2  0.4937311  0.6839057
            3  0.6048257  0.7381282
            5  0.7359464  0.8104542
            7  0.8091481  0.8556608
           10  0.8715355  0.8976467
           20  0.9484285  0.9552602

      ▌ After 20 layers correlations between 0 and 0.5 have become 0.948 to 0.955.
      "
    `);
    const svg = picture(...words);
    for (const label of ['layer', 'correlation c', 'c₀ = 0', 'c₀ = 0.5']) {
      expect(svg).toContain(`>${label}</text>`);
    }
  });
});

describe('saxe', () => {
  test('gives the time under the key that others rely on', () => {
    const mode = ['--s', '1', '--u0', '0.001', '--uf', '0.999'];
    // Saxe et al. 2014, eqs. 11, 15 and 17.
    for (const [layers, time] of [
      ['3', 6.906754779],
      ['10', 31.7592617],
      ['1000', 1.002006006],
    ] as const) {
      const result = json('saxe', '--layers', layers, ...mode) as Record<string, number>;
      expect(Object.keys(result)).toEqual(['tOverTau']);
      expectNear(result['tOverTau'], time, 1e-9);
    }
  });

  test('draws the strength over time', () => {
    const svg = picture('saxe', '--layers', '3');
    for (const label of ['time t/τ', 'strength u', 'layers of neurons']) {
      expect(svg).toContain(`>${label}</text>`);
    }
  });
});

describe('diagram', () => {
  test('gives rows of σb² and columns of σw²', () => {
    const range = ['--range', '1:3,0.05:0.5', '--grid', '12'];
    const diagram = json('diagram', '--activation', 'tanh', ...range) as Record<string, number[][]>;
    expect(Object.keys(diagram)).toEqual([
      'sigmaW2',
      'sigmaB2',
      'qStar',
      'chi1',
      'cStar',
      'xiC',
      'edge',
    ]);
    expect(diagram['sigmaW2'].at(-1)).toBe(3);
    expect(diagram['sigmaB2'][0]).toBe(0.05);
    // σw² = 1, σb² = 0.05: computed twice by independent quadrature.
    expectNear(diagram['xiC'][0][0], 3.62697562, 1e-6);
    expect(diagram['chi1'].map(({ length }) => length)).toEqual(
      Array.from({ length: 12 }, () => 12),
    );
  });

  test('draws χ₁ and ξ_c with the edge', () => {
    const svg = picture('diagram', '--activation', 'tanh', '--grid', '30');
    for (const label of ['edge of chaos', 'σw², variance of a weight × fan_in', '≥ 1000']) {
      expect(svg).toContain(`>${label}</text>`);
    }
    picture('diagram', '--activation', 'relu', '--grid', '10');
  });
});

describe('shape', () => {
  test('gives the parameters of the shaped activation', () => {
    const shape = json(
      'shape',
      '--activation',
      'tanh',
      '--method',
      'dks',
      '--depth',
      '50',
    ) as Record<string, number | null>;
    expect(Object.keys(shape)).toEqual(
      expect.arrayContaining([
        'inputScale',
        'inputShift',
        'outputShift',
        'outputScale',
        'negativeSlope',
      ]),
    );
    expect(shape['negativeSlope']).toBe(null);
  });

  test('draws both activations and the map of the network', () => {
    const words = ['shape', '--activation', 'tanh', '--method', 'dks', '--depth', '20'];
    const svg = picture(...words);
    for (const label of ['φ(x)', 'with φ', 'c at the output'])
      expect(svg).toContain(`>${label}</text>`);
  });
});

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
