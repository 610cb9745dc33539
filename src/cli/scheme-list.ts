import { UsageError } from './failure.ts';

/**
 * The schemes in a list such as `he_normal(slope=0.2, mode=fan_out), orthogonal`: separated by commas that
 * stand outside of parentheses. `UsageError` for fewer than two, one that is named twice, nothing between
 * commas, and parentheses that do not match.
 */
export function schemeList(text: string): readonly string[] {
  const must = (what: string, got: string): UsageError =>
    new UsageError(`--schemes: ${what}, got ${got}`);
  const schemes: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    if (at === text.length || (text[at] === ',' && depth === 0)) {
      schemes.push(text.slice(start, at).trim());
      start = at + 1;
    } else if (text[at] === '(') depth++;
    else if (text[at] === ')') depth--;
    if (depth < 0) break;
  }
  if (depth !== 0) throw must('parentheses must match', text);
  if (schemes.includes('')) {
    throw must('must name a scheme between commas', text === '' ? 'nothing' : text);
  }
  const twice = schemes.find((scheme, index) => schemes.indexOf(scheme) !== index);
  if (twice !== undefined) throw must('must name every scheme once', `${twice} twice`);
  if (schemes.length < 2) throw must('must name two schemes at least', text);
  return schemes;
}
