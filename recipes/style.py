"""How the report looks: light and dark, wide and narrow, on paper."""

STYLE = """
:root { color-scheme: light dark; --ink: #1d2129; --soft: #5d6572; --paper: #fcfbf8; --line: #dedbd3; --plate: #fff;
  --held: #00704f; --not: #b34700; --few: #5d6572; --held-back: #dff1ea; --not-back: #fbe7da; --few-back: #eceae5; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e2dc; --soft: #a09f9a; --paper: #16181c; --line: #363a41;
  --plate: #f6f5f2; --held: #5fd0a8; --not: #ffa269; --few: #b9b7b0; --held-back: #123b2e; --not-back: #47260f;
  --few-back: #2b2e34; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.6 Charter, "Bitstream Charter", "Source Serif 4", Cambria, Georgia, serif; }
main { max-width: 50rem; margin: 0 auto; padding: 3.5rem 1.25rem 6rem; }
h1, h2, th, td, .over, .pill, .files, .missing, .tally {
  font-family: system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
h1 { line-height: 1.15; letter-spacing: -0.015em; text-wrap: balance; margin: 0 0 1rem; font-size: 1.5rem; }
header h1 { font-size: clamp(1.9rem, 6vw, 2.9rem); margin: .3rem 0 1.2rem; }
.over { color: var(--soft); font-size: .85rem; margin: 0; }
.tally { font-size: 1rem; margin: 0 0 .6rem; }
.bar { display: flex; gap: 3px; height: .5rem; margin-bottom: 2.5rem; }
.bar i { border-radius: 3px; background: var(--few); } .bar .held { background: var(--held); }
.bar .not-held { background: var(--not); }
a { color: inherit; text-decoration-color: var(--line); text-underline-offset: .2em; }
a:hover { text-decoration-color: currentColor; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; line-height: 1.45;
  font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .5rem .8rem .5rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--soft); font-weight: 500; font-size: .8rem; }
th { font-weight: 600; } [style*=right] { padding-right: 1.8rem; }
.wide { overflow-x: auto; margin: 1.5rem 0; }
.summary tbody th { width: 32%; } .summary td:not(:last-child), li { overflow-wrap: anywhere; }
.summary td:last-child { white-space: nowrap; padding-right: 0; }
.pill { display: inline-block; padding: .08rem .55rem; border-radius: 1rem; font-size: .8rem; font-weight: 600;
  line-height: 1.4; white-space: nowrap; color: var(--few); background: var(--few-back); }
.pill.held { color: var(--held); background: var(--held-back); }
.pill.not-held { color: var(--not); background: var(--not-back); }
.none { color: var(--soft); }
article { border-top: 1px solid var(--line); margin-top: 4rem; padding-top: 2.2rem; }
article > p:first-of-type { color: var(--soft); font-size: .95rem; overflow-wrap: anywhere; }
ul { list-style: none; padding: 0; margin: 1.5rem 0; }
li { margin: 1.1rem 0; padding-left: 1rem; border-left: 3px solid var(--line); }
.plate { display: block; background: var(--plate); border: 1px solid var(--line); border-radius: 8px; padding: .8rem;
  margin: 1.5rem 0 .5rem; }
img { display: block; max-width: 100%; height: auto; margin: 0 auto; }
code { font: .85em ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.files, .missing { color: var(--soft); font-size: .8rem; }
@media (max-width: 40rem) { main { padding-top: 2rem; } .summary thead { display: none; }
  .summary tr { display: grid; border-bottom: 1px solid var(--line); padding: .7rem 0; }
  .summary th, .summary td, .summary tbody th { border: 0; padding: .1rem 0; width: auto; } }
@media print { article { break-before: page; border: 0; margin: 0; } main { max-width: none; padding: 0; } }
"""
