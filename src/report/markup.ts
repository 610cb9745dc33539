import { printable } from './text.ts';

/** Text that is markup already and is not escaped again. */
export interface Markup {
  readonly html: string;
}

/** What may stand in a template: text is escaped, `null` leaves nothing. */
export type Part = string | number | Markup | null | readonly Part[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text made inert for elements and quoted attributes; control characters become visible. */
export function escapeText(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => entities[character]);
}

const render = (part: Part): string => {
  if (part === null) return '';
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return escapeText(part);
  if ('html' in part) return part.html;
  return part.map(render).join('');
};

/** A template tag that escapes every value that is not markup itself. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return {
    html: strings.reduce((text, next, index) => text + render(parts[index - 1]) + next),
  };
}

/** A sentence: escaped, names in backticks as code, and no number such as `4e-34` breaks at its sign. */
export function prose(text: string): Markup {
  const html = escapeText(text)
    .replace(/(\de)-(?=\d)/g, '$1&#8288;-&#8288;')
    .replace(/`([^`]+)`/g, '<code>$1</code>');
  return { html };
}

/** A name as code that may break after `/`, `.`, `:`, `_` and `(`. */
export function code(name: string): Markup {
  const breakable = escapeText(name).replace(/[/.:_(]+(?=[^/.:_(\d])|[/:_(]+(?=\d)/g, '$&<wbr>');
  return { html: `<code>${breakable}</code>` };
}
