import { describe, expect, test } from 'vitest';
import { call, expectNear, json, picture, text } from './theory-command.ts';

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
