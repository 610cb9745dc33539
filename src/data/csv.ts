/**
 * Reads a CSV file row by row: fields between commas, which may stand in quotes with commas, line ends and doubled quotes in them; rows
 * end with CR LF, LF or CR, empty ones are left out. `take` gets the fields of each and the line where it begins, from 1. `RangeError`
 * that starts with `file` for quotes that do not end or stand inside a field.
 * Reference: RFC 4180
 */
export function readCsv(
  text: string,
  file: string,
  take: (fields: readonly string[], line: number) => void,
): void {
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const start = line;
    const fields: string[] = [];
    let isRow = true;
    while (isRow) {
      if (text[at] === '"') {
        const field = readQuoted(text, at, line, file);
        fields.push(field.value);
        at = field.end;
        line += field.lines;
      } else {
        const end = endOfPlain(text, at, line, file);
        fields.push(text.slice(at, end));
        at = end;
      }
      isRow = text[at] === ',';
      if (isRow) at++;
    }
    if (text[at] === '\r' && text[at + 1] === '\n') at++;
    at++;
    line++;
    if (fields.length > 1 || fields[0] !== '') take(fields, start);
  }
}

interface Field {
  readonly value: string;
  /** Place behind it: of a comma, a line end or the end. */
  readonly end: number;
  /** Line ends inside. */
  readonly lines: number;
}

const isEnd = (code: number): boolean => code === 44 || code === 10 || code === 13;

/** The end of a field without quotes. */
function endOfPlain(text: string, start: number, line: number, file: string): number {
  let end = start;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (isEnd(code)) break;
    if (code === 34) {
      throw new RangeError(
        `${file}: line ${line}: a field with quotes in it must begin with one, got ${JSON.stringify(text.slice(start, end + 1))}`,
      );
    }
  }
  return end;
}

function readQuoted(text: string, start: number, line: number, file: string): Field {
  let value = '';
  let from = start + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote < 0) {
      throw new RangeError(
        `${file}: line ${line}: a field that begins with a quote must end with one, got the end of the file`,
      );
    }
    value += text.slice(from, quote);
    from = quote + 1;
    if (text[from] !== '"') break;
    value += '"';
    from++;
  }
  if (from < text.length && !isEnd(text.charCodeAt(from))) {
    throw new RangeError(
      `${file}: line ${line}: a field must end with its quote, got ${JSON.stringify(text.slice(from, from + 10))} behind it`,
    );
  }
  const inside = value.replaceAll('\r\n', '\n');
  return { value, end: from, lines: inside.split(/[\r\n]/).length - 1 };
}
