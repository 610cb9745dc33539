import type { PlanEntry } from '../advise/index.ts';
import { blockText, groupNames, sameNumbers } from './groups.ts';
import { code, markup, prose } from './markup.ts';
import type { Markup } from './markup.ts';
import { formatNumber, formatRange, formatScheme, formatShape, formatShare } from './number.ts';
import { gapText } from './signal.ts';
import type { Reading, SignalPoint } from './signal.ts';

const cell = (text: string): Markup => markup`<td>${text}</td>`;

const moment = (reading: Reading | null): Markup => {
  const text = formatNumber(reading?.secondMoment ?? null);
  if (reading === null || reading.fate === 'alive' || reading.fate === 'unknown') return cell(text);
  return reading.fate === 'not finite' || reading.fate === 'exploded'
    ? markup`<td class="bad">${text}</td>`
    : markup`<td class="warn">${text}</td>`;
};

const quantities = [
  ['secondMoment', 'E[x²]', moment],
  ['mean', 'mean', (reading: Reading | null) => cell(formatNumber(reading?.mean ?? null))],
  ['dead', 'dead', (reading: Reading | null) => cell(formatShare(reading?.dead ?? null))],
] as const;

interface SignalColumn {
  readonly title: string;
  readonly run: string;
  readonly draw: (point: SignalPoint) => Markup;
}

/**
 * The points at the indices `shown` as a table, with a note where some are left out. A column without
 * a single number is left out, too.
 */
export function signalTable(points: readonly SignalPoint[], shown: readonly number[]): Markup {
  const measured: readonly SignalColumn[] = quantities.flatMap(([field, title, draw]) =>
    (['before', 'after'] as const)
      .filter((run) => points.some((point) => (point[run]?.[field] ?? null) !== null))
      .map((run) => ({ title, run, draw: (point: SignalPoint) => draw(point[run]) })),
  );
  const foreseen: SignalColumn = {
    title: 'E[x²]',
    run: 'theory',
    draw: ({ predicted }: SignalPoint) => cell(formatNumber(predicted)),
  };
  const moments = measured.filter(({ title }) => title === foreseen.title).length;
  const columns = points.some(({ predicted }) => predicted !== null)
    ? measured.toSpliced(moments, 0, foreseen)
    : measured;
  const titles = columns.map(({ title, run }) => markup`<th scope="col">${title}<br>${run}</th>`);
  const rows = shown.map((index, position) => {
    const point = points[index];
    const skipped = position === 0 ? 0 : index - shown[position - 1] - 1;
    const gap = markup`<tr class="gap"><td colspan="${columns.length + 3}">${gapText(skipped)}</td></tr>
`;
    const cells = columns.map(({ draw }) => draw(point));
    return markup`${skipped === 0 ? null : gap}<tr><td>${point.index}</td><th scope="row">${code(point.name)}</th><td>${point.op}</td>${cells}</tr>
`;
  });
  return markup`<div class="scroll" role="region" aria-label="Signal by layer" tabindex="0"><table class="signal">
<thead><tr><th scope="col">#</th><th scope="col">layer</th><th scope="col">op</th>${titles}</tr></thead>
<tbody>
${rows}</tbody></table></div>
`;
}

const parameterTitles = [
  'parameter',
  'shape',
  'role',
  'fan in',
  'fan out',
  'activation',
  'scheme',
  'std',
  'bound',
].map((title) => markup`<th scope="col">${title}</th>`);

/** Every parameter as a row of a table. */
export function parameterTable(entries: readonly PlanEntry[]): Markup {
  const rows = entries.map((entry) => {
    const cells = [
      formatShape(entry.shape),
      entry.role,
      formatNumber(entry.fanIn),
      formatNumber(entry.fanOut),
      entry.activation ?? '–',
      formatScheme(entry.scheme, entry.options),
      formatNumber(entry.std),
      formatNumber(entry.bound),
    ].map(cell);
    return markup`<tr><th scope="row">${code(entry.name)}</th>${cells}</tr>
`;
  });
  return markup`<div class="scroll" role="region" aria-label="Parameters" tabindex="0"><table class="plan">
<thead><tr>${parameterTitles}</tr></thead>
<tbody>
${rows}</tbody></table></div>
`;
}

/** A reason with its scheme, its numbers and the parameters that it covers. */
export function reasonCard(group: readonly PlanEntry[]): Markup {
  const [first] = group;
  const { names, left } = groupNames(
    group.map((entry) => entry.name),
    8,
  );
  const example = sameNumbers(group)
    ? null
    : markup` <span class="soft">(Numbers of ${code(first.name)}.)</span>`;
  const blocks = blockText(first);
  return markup`<article class="reason">
<div><h3>${code(formatScheme(first.scheme, first.options))}</h3>
<dl><dt>std</dt><dd>${formatRange(group.map((entry) => entry.std))}</dd><dt>bound</dt><dd>${formatRange(group.map((entry) => entry.bound))}</dd></dl></div>
<div><ul>${names.map((name) => markup`<li>${code(name)}</li>`)}${left === 0 ? null : markup`<li>and ${left} more</li>`}</ul>
<p>${prose(first.reason)}${example}</p>
${
  blocks === null
    ? null
    : markup`<p>${blocks}</p>
`
}${first.reference === null ? null : markup`<p class="soft">${first.reference}</p>`}</div>
</article>
`;
}
