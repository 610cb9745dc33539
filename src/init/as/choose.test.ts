import { expect, test } from 'vitest';
import { dialectFunction, parseDialectChoice } from './choose.ts';
import { dialect, dialects } from './dialects.ts';

const torch = dialect('torch');

test('a function has the names of the scheme', () => {
  expect(dialectFunction(torch, 'kaiming_uniform').name).toBe('he_uniform');
  expect(dialectFunction(torch, 'xavier_normal').record.call).toBe('torch.nn.init.xavier_normal_');
});

test('a choice is read with the options of the framework, its defaults filled in', () => {
  expect(parseDialectChoice(torch, ' he_normal( negative-slope = .2, mode=fan_out ) ')).toEqual({
    scheme: 'he_normal',
    options: { negative_slope: 0.2, mode: 'fan_out', nonlinearity: 'leaky_relu' },
  });
  expect(parseDialectChoice(torch, 'truncated_normal(a=-inf)').options['a']).toBe(-Infinity);
});

test('what is no choice is refused in one sentence', () => {
  const problems = ['', 'he_normal(', 'normal(std)', 'normal(std=1,std=2)', 'normal(std=x)'].map(
    (text) => {
      try {
        return parseDialectChoice(torch, text).scheme;
      } catch (error) {
        return error instanceof Error ? error.message : '';
      }
    },
  );
  expect(problems).toMatchInlineSnapshot(`
    [
      "scheme: text must be name or name(option=value, option=value), got """,
      "scheme: text must be name or name(option=value, option=value), got "he_normal("",
      "normal: options must be option=value with commas between, got "std"",
      "normal: every option must be given once, got std twice",
      "normal: std must be a number, got "x"",
    ]
  `);
});

test('a dialect without a version is the newest one, and an unknown name has a nearest one', () => {
  expect(torch.name).toBe('torch@2.13');
  expect(dialect('torch@2.11').name).toBe('torch@2.11');
  expect(() => dialect('torch@2.12')).toThrow('such as torch@2.1');
  expect(() => dialect('pytorch')).toThrow('such as torch,');
});

test('every function of every dialect has choices for its words, a call and a tolerance', () => {
  for (const { functions, promise, name } of dialects) {
    expect(promise.length).toBeGreaterThan(20);
    for (const [scheme, { call, options, choices, tolerance }] of Object.entries(functions)) {
      const words = Object.keys(options).filter((option) => typeof options[option] === 'string');
      expect([name, scheme, Object.keys(choices).sort()]).toEqual([name, scheme, words.sort()]);
      expect(call).not.toBe('');
      expect(tolerance).toBeGreaterThanOrEqual(0);
    }
  }
});
