import type { Plan } from '../advise/index.ts';
import { oneLine } from './python.ts';
import { leftLines, ruleLines, type Left, type Mapped } from './rules.ts';
import type { itemsOf } from './item.ts';

/** A function of the program that is written out only where it is used. */
export interface Helper {
  readonly name: string;
  readonly source: string;
}

/** What a framework adds to the table of rules. */
export interface Frame {
  /** Framework's name as people write it. */
  readonly framework: string;
  /** How the program is used, one line. */
  readonly usage: string;
  /** What the names of the table are. */
  readonly names: string;
  /** Imports, in order; each is left out if the program does not use its last word. */
  readonly imports: readonly string[];
  readonly helpers: readonly Helper[];
  /** The function that applies the table. */
  readonly apply: string;
}

/** Puts a program together: what it is, what it needs, the table, and what applies it. */
export function programText(
  plan: Plan,
  frame: Frame,
  mapped: readonly Mapped[],
  left: readonly Left[],
  kept: ReturnType<typeof itemsOf>['kept'],
): string {
  const rules = ruleLines(mapped);
  const table = [
    '# Names, what is drawn, and why.',
    `# ${frame.names}`,
    'RULES = {',
    ...rules,
    '}',
  ];
  const body = [...table, ...leftLines(left, kept)].join('\n');
  const helpers = used(frame.helpers, `${body}\n${frame.apply}`);
  const code = [...helpers.map(({ source }) => source), body, frame.apply].join('\n\n\n');
  const gap = code.startsWith('#') ? '\n\n' : '\n\n\n';
  const imports = frame.imports.filter(
    (line) => line === '' || new RegExp(String.raw`\b${line.split(' ').at(-1) ?? ''}\b`).test(code),
  );
  const title = `Initial weights for ${oneLine(plan.model).replaceAll(/["\\]/g, '')}, from \`stepzero advise --emit ${frame.framework}\`.`;
  const head = [`"""${title}`, '', frame.usage, '"""', ''].join('\n');
  return `${head}\n${imports.join('\n').trim()}${gap}${code}\n`;
}

/** The helpers that a text names, and those that these name. */
function used(helpers: readonly Helper[], text: string): Helper[] {
  const names = (source: string, { name }: Helper): boolean =>
    new RegExp(String.raw`\b${name}\b`).test(source);
  let found = helpers.filter((helper) => names(text, helper));
  for (;;) {
    const all = [text, ...found.map(({ source }) => source)].join('\n');
    const more = helpers.filter((helper) => names(all, helper));
    if (more.length === found.length) return more;
    found = more;
  }
}
