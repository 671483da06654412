"""How the report looks beside what all our pages share (tcvae_cli/figures/pages/look.css)."""

STYLE = """
:root { --plate: #fff; --held: #00704f; --not: #b34700; --few: #5d6572; --held-back: #dff1ea; --not-back: #fbe7da;
  --few-back: #eceae5; }
@media (prefers-color-scheme: dark) { :root { --held: #5fd0a8; --not: #ffa269; --few: #b9b7b0; --held-back: #123b2e;
  --not-back: #47260f; --few-back: #2b2e34; } }
main > * { max-width: 54rem; margin-inline: auto; }
main > header, main > .summary, main > .missing { max-width: 68rem; }
.pill, .files, .missing, .tally, .size {
  font-family: system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
.tally { font-size: 1rem; line-height: 2; margin: 0 0 .6rem; }
.bar { display: flex; gap: 3px; height: .5rem; margin-bottom: 1.2rem; }
header > :last-child { margin-bottom: 2.5rem; }
.bar i { border-radius: 3px; background: var(--few); } .bar .held { background: var(--held); }
.bar .not-held { background: var(--not); }
[style*=right] { padding-right: 1.8rem; }
.wide td { min-width: 5rem; overflow-wrap: normal; } .wide table { font-size: .82rem; }
.wide [style*=right] { min-width: 0; white-space: nowrap; }
.summary { table-layout: fixed; } .summary td, li, dd { overflow-wrap: anywhere; }
.summary thead th:first-child { width: 31%; } .summary thead th:nth-child(2) { width: 22%; }
.summary thead th:nth-child(4) { width: 23%; } .summary td { padding-right: 1.4rem; }
.summary .figure th { padding-top: 1.6rem; border-bottom-color: var(--soft); }
.summary td:nth-child(n+3) { color: var(--soft); font-size: .8rem; }
.summary td span:not(.pill *, .strip) { display: block; }
.summary small { display: block; margin-top: .3rem; font-size: .8rem; }
.pill { display: inline-block; padding: .08rem .55rem; border-radius: 1rem; font-size: .8rem; font-weight: 600;
  line-height: 1.4; white-space: nowrap; color: var(--few); background: var(--few-back); }
.pill.held { color: var(--held); background: var(--held-back); }
.pill.not-held { color: var(--not); background: var(--not-back); }
.pill.not-run { color: var(--soft); background: none; box-shadow: inset 0 0 0 1px var(--line); }
.none { color: var(--soft); } .size { font-size: .85em; }
.strip { display: block; position: relative; width: 8.5rem; height: .7rem; margin: .45rem 0 .1rem; color: var(--few);
  background: linear-gradient(var(--soft), var(--soft)) center / 1px 100% no-repeat,
    linear-gradient(var(--line), var(--line)) center / 100% 1px no-repeat; }
.strip.held { color: var(--held); } .strip.not-held { color: var(--not); }
.strip i { position: absolute; top: calc(50% - 2px); height: 4px; border-radius: 2px; background: currentColor;
  opacity: .45; }
.strip b { position: absolute; top: calc(50% - 4px); width: 8px; height: 8px; margin-left: -4px; border-radius: 50%;
  background: currentColor; }
.lead { font-size: 1.25rem; line-height: 1.45; margin: 0 0 1rem; text-wrap: pretty; }
.lead .pill { font-size: .95rem; }
.about, .caption, .note { color: var(--soft); font-size: .9rem; overflow-wrap: anywhere; }
.note { margin-top: 2.5rem; }
ul { padding: 0 0 0 1.1rem; } .claims { list-style: none; padding: 0; margin: 2rem 0; }
.claims li { margin: 1.3rem 0; padding-left: 1rem; border-left: 3px solid var(--line); }
.claims .held { border-color: var(--held); } .claims .not-held { border-color: var(--not); }
.claims .strip { border: 0; }
.plate { display: block; background: var(--plate); border: 1px solid var(--line); border-radius: 8px; padding: .8rem;
  margin: 1.5rem 0 .5rem; }
.files, .missing { color: var(--soft); font-size: .8rem; }
@media (max-width: 46rem) { .summary thead { display: none; }
  .summary, .summary tbody { display: block; }
  .summary tr { display: grid; border-bottom: 1px solid var(--line); padding: .7rem 0; gap: .3rem; }
  .summary .figure { border-bottom-color: var(--soft); padding: 1.6rem 0 .3rem; }
  .summary .figure th, .summary td { border: 0; padding: 0; }
  .summary td:nth-child(4):not(:empty)::before { content: "The paper: "; } }
@media print { main > * { max-width: none; } }
"""
