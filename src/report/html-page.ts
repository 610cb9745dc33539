import { markup, prose } from './markup.ts';
import type { Markup, Part } from './markup.ts';
import { style } from './style.ts';

/** What every page has: its titles, the verdict, and what stands below. */
export interface Page {
  /** Of the window. */
  readonly title: string;
  /** What kind of report it is, in small letters above the heading. */
  readonly kicker: string;
  readonly heading: string;
  readonly below: string;
  readonly verdict: string;
  readonly body: readonly Part[];
}

/** A page that refers to nothing outside and runs nothing. */
export function page({ title, kicker, heading, below, verdict, body }: Page): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${{ html: style }}</style>
</head>
<body>
<main>
<header>
<p class="kicker">StepZero: ${kicker}</p>
<h1>${heading}</h1>
<p class="kicker">${below}</p>
</header>
<section class="verdict" aria-label="Verdict"><p>${prose(verdict)}</p></section>
${body}</main>
</body>
</html>
`.html;
}

/** A part of a page with its heading. */
export const section = (title: string, ...content: readonly (Markup | null)[]): Markup =>
  markup`<section>
<h2>${title}</h2>
${content}
</section>
`;

/** A part that is folded away, or not. */
export const details = (open: boolean, summary: string, content: Markup): Markup =>
  open
    ? markup`<details open><summary>${summary}</summary>${content}</details>`
    : markup`<details><summary>${summary}</summary>${content}</details>`;

/** A list of sentences; nothing where there are none. */
export const sentences = (title: string, items: readonly string[]): Markup | null =>
  items.length === 0
    ? null
    : section(
        title,
        markup`<ul class="notes">${items.map((item) => markup`<li>${prose(item)}</li>`)}</ul>`,
      );

/** The command line that makes the page again; nothing where it is not known. */
export const again = (what: string, command: string | undefined): Markup | null =>
  command === undefined
    ? null
    : section(
        'Make it again',
        markup`<p>The same command gives the same ${what}.</p>
<pre><code>${command}</code></pre>`,
      );
