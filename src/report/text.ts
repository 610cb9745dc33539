const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
const simple = /^[\x20-\x7e]*$/;

const graphemes = (text: string): readonly string[] =>
  simple.test(text) ? text.split('') : Array.from(segmenter.segment(text), (part) => part.segment);

const graphemeWidth = (grapheme: string): number => (wide.test(grapheme) ? 2 : 1);

/**
 * Text in which every control, format and line-break character stands as `\x1b` or `\u202e`, so that
 * a name from an untrusted file can neither steer a terminal nor reorder a line.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (character) => {
    const code = character.codePointAt(0)!.toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
  });
}

/** Columns that a text takes on a terminal; East Asian wide characters take two. */
export function textWidth(text: string): number {
  if (simple.test(text)) return text.length;
  return graphemes(text).reduce((sum, grapheme) => sum + graphemeWidth(grapheme), 0);
}

const take = (parts: readonly string[], width: number): string => {
  let taken = '';
  let used = 0;
  for (const part of parts) {
    used += graphemeWidth(part);
    if (used > width) break;
    taken += part;
  }
  return taken;
};

/** The text, or its begin and its longer end around `…` if it takes more than `width` columns. */
export function shorten(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (width <= 1) return width === 1 ? '…' : '';
  const parts = graphemes(text);
  const tail = Math.ceil(((width - 1) * 2) / 3);
  const end = graphemes(take(parts.toReversed(), tail)).length;
  return `${take(parts, width - 1 - tail)}…${end === 0 ? '' : parts.slice(-end).join('')}`;
}

/** Filled with spaces to `width` columns; a longer text stays. */
export function pad(text: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - textWidth(text)));
  return align === 'left' ? text + space : space + text;
}

/** Lines of at most `width` columns, broken between words; a longer word is cut. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(' ').filter((part) => part !== '')) {
    if (line !== '' && textWidth(line) + 1 + textWidth(word) <= width) {
      line += ` ${word}`;
      continue;
    }
    if (line !== '') lines.push(line);
    while (textWidth(word) > width) {
      const piece = take(graphemes(word), Math.max(width, 2));
      lines.push(piece);
      word = word.slice(piece.length);
    }
    line = word;
  }
  if (line !== '') lines.push(line);
  return lines;
}

/** {@link wrap} with every line after `margin` spaces; `width` counts the margin. */
export function indent(text: string, width: number, margin: number): readonly string[] {
  const space = ' '.repeat(margin);
  return wrap(text, Math.max(width - margin, 10)).map((line) => space + line);
}

const sharedLength = (names: readonly string[]): number => {
  let length = Math.min(...names.map((name) => name.length - 1));
  for (const name of names) {
    while (!name.startsWith(names[0].slice(0, length))) length--;
  }
  // A number or a word is not cut in two.
  return names[0].slice(0, length).replace(/[^/.:_]*$/, '').length;
};

const reversed = (text: string): string => graphemes(text).toReversed().join('');

/**
 * A way to show names in little room: those that are too long lose first the end and then the begin
 * that all of them share, so that what tells them apart stays.
 */
export function distinctParts(names: readonly string[]): (index: number, width: number) => string {
  if (names.length < 2) return (index) => names[index];
  const longest = Math.max(...names.map(textWidth));
  const head = sharedLength(names);
  const tail = sharedLength(names.map(reversed));
  return (index, width) => {
    const name = names[index];
    if (longest <= width) return name;
    const cut = name.slice(0, Math.max(name.length - tail, 1));
    return longest - tail <= width || cut.length <= head ? cut : `…${cut.slice(head)}`;
  };
}
