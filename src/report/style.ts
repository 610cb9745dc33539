/** The style sheet of the HTML report: light, dark, phone and paper. */
export const style: string = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --panel: #f5f7f9; --ink: #171b21; --soft: #4d5562; --line: #d9dde3;
  --accent: #0b62c4; --before: #b4540a; --after: #0b62c4; --bad: #b3261e; --warn: #8a5a00;
  --grey: #8d95a1; --green: #1a7f4b; --violet: #7a4fc2;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #14171c; --panel: #1c2128; --ink: #e9ecf0; --soft: #a9b1be; --line: #333a45;
    --accent: #79b8ff; --before: #f0a04b; --after: #79b8ff; --bad: #ff8a80; --warn: #f2c14e;
    --grey: #7d8692; --green: #5fcf92; --violet: #b79bf2;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
main { max-width: 58rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1, h2 { line-height: 1.2; text-wrap: balance; }
h1 { margin: 0; font-size: 1.9rem; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { margin: 3rem 0 0.9rem; font-size: 1.25rem; }
p { margin: 0 0 0.75rem; max-width: 42rem; }
code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.875em; }
code { overflow-wrap: anywhere; unicode-bidi: isolate; }
table code { overflow-wrap: break-word; }
.kicker { margin: 0 0 0.35rem; max-width: none; color: var(--soft); font-size: 0.9rem; overflow-wrap: anywhere; }
h1 + .kicker { margin: 0.5rem 0 0; }
.soft { color: var(--soft); font-size: 0.9rem; }
.verdict {
  margin: 1.75rem 0 0; padding: 1.1rem 1.35rem; border-left: 5px solid var(--accent);
  background: var(--panel); border-radius: 0 8px 8px 0;
  font-size: 1.2rem; line-height: 1.4; font-weight: 600;
}
.verdict p { margin: 0; max-width: none; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 1.1rem 2rem; margin: 1.5rem 0 0; }
.facts dt { color: var(--soft); font-size: 0.85rem; }
.facts dd { margin: 0; font-size: 1.05rem; font-weight: 600; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
figure { margin: 0; }
figure svg { display: block; width: 100%; height: auto; }
figure .narrow { display: none; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1rem 1.5rem; }
.charts > div { max-width: 36rem; }
ul.key { display: flex; flex-wrap: wrap; gap: 0.3rem 1.5rem; margin: 0 0 0.75rem; padding: 0; list-style: none; font-size: 0.9rem; }
ul.key span { display: inline-block; width: 0.7rem; height: 0.7rem; margin-right: 0.45rem; border-radius: 50%; }
figcaption { margin-top: 0.6rem; max-width: 42rem; color: var(--soft); font-size: 0.9rem; }
.reason {
  display: grid; grid-template-columns: 15rem 1fr; gap: 0.4rem 1.75rem;
  padding: 1.15rem 0; border-top: 1px solid var(--line); break-inside: avoid;
}
.reason:last-of-type { border-bottom: 1px solid var(--line); }
.reason h3 { margin: 0 0 0.3rem; font-size: 1rem; color: var(--accent); overflow-wrap: anywhere; }
.reason dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 0.75rem; margin: 0; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
.reason dt { color: var(--soft); }
.reason dd { margin: 0; }
.reason ul { display: flex; flex-wrap: wrap; gap: 0.3rem 0.4rem; margin: 0 0 0.6rem; padding: 0; list-style: none; }
.reason li code { display: inline-block; padding: 0.05rem 0.45rem; border-radius: 4px; background: var(--panel); }
.reason p { margin: 0 0 0.4rem; }
.reason p:last-child { margin: 0; }
.scroll { overflow-x: auto; }
.scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: 0.875rem; line-height: 1.35; font-variant-numeric: tabular-nums; }
th, td { padding: 0.36rem 0.7rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: baseline; white-space: nowrap; }
th:first-child, td:first-child { padding-left: 0; }
thead th { color: var(--soft); font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 400; min-width: 9rem; max-width: 22rem; white-space: normal; }
.plan :is(td, thead th):is(:nth-child(4), :nth-child(5), :nth-child(8), :nth-child(9)),
.signal :is(td, thead th):is(:nth-child(1), :nth-child(n + 4)),
.numbers :is(td, thead th):nth-child(n + 2),
.certificates :is(td, thead th):nth-child(n + 4) { text-align: right; }
.judged :is(td, thead th):nth-child(4):not([colspan]) { text-align: left; }
.signal .bad { color: var(--bad); font-weight: 600; }
.signal .warn { color: var(--warn); font-weight: 600; }
.signal .soft { font-size: inherit; }
.signal tbody .gap td:first-child { text-align: center; color: var(--soft); }
details { margin-top: 1rem; }
summary { cursor: pointer; color: var(--accent); font-weight: 600; padding: 0.35rem 0; }
ul.notes { margin: 0; padding-left: 1.2rem; max-width: 42rem; }
ul.notes li { margin-bottom: 0.35rem; }
pre { margin: 0; padding: 0.9rem 1.1rem; background: var(--panel); border-radius: 8px; white-space: pre-wrap; overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  main { padding: 1.5rem 1rem 3rem; }
  h1 { font-size: 1.5rem; }
  h2 { margin-top: 2.4rem; }
  .verdict { font-size: 1.08rem; padding: 0.9rem 1rem; }
  .facts { grid-template-columns: 1fr; gap: 0.6rem; }
  .reason { grid-template-columns: 1fr; }
  .reason dl { grid-template-columns: repeat(4, max-content); }
  figure .wide { display: none; }
  figure .narrow { display: block; }
  th, td { padding: 0.36rem 0.5rem; }
  tbody th { min-width: 7.5rem; }
  .signal :is(td, thead th):nth-child(3):not([colspan]) { display: none; }
  .plan tbody th, .plan thead th:first-child { position: sticky; left: 0; background: var(--paper); min-width: 7.5rem; max-width: 40vw; }
}
@media print {
  @page { margin: 16mm 14mm; }
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  h2, summary { break-after: avoid; }
  h2 { margin-top: 1.8rem; }
  .facts { grid-template-columns: 1fr 1fr 1.2fr; }
  figure, .verdict, tr { break-inside: avoid; }
  .verdict, .reason li code, pre { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  figure .wide { display: block; }
  figure .narrow { display: none; }
  .scroll { overflow: visible; }
  table { font-size: 8.5pt; }
  th, td { padding: 0.22rem 0.45rem; }
  .plan :is(th, td) { white-space: normal; }
  details:not([open]) { display: none; }
}
`;
