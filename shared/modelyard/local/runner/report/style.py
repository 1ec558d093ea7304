"""The page's style: light and dark, from narrow to wide, no font or picture from elsewhere."""

from __future__ import annotations

from modelyard.local.runner.report.html import Html

STYLE = Html("""
:root { color-scheme: light dark; --text: #1b1f24; --quiet: #59636e; --back: #fff; --panel: #f6f8fa;
  --line: #d1d9e0; --link: #0757b5; --ok: #18702f; --error: #b3181f; --warning: #7d4e00;
  --canceled: #6639ba; --skipped: #59636e; --bar: #2f81f7; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --quiet: #9ba5b0; --back: #0d1117;
  --panel: #161b22; --line: #343b44; --link: #6cb0ff; --ok: #4ac26b; --error: #ff7b72;
  --warning: #e0a43b; --canceled: #b392f0; --skipped: #9ba5b0; } }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back);
  max-width: 80rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; overflow-wrap: break-word; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; line-height: 1.25; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .75rem; padding-bottom: .3rem;
  border-bottom: 1px solid var(--line); }
h3, h4, h5, h6 { font-size: 1rem; margin: 1rem 0 .4rem; }
p { margin: .4rem 0 .8rem; }
a { color: var(--link); }
.quiet { color: var(--quiet); font-weight: 400; }
.facts { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; color: var(--quiet); margin: .5rem 0; }
.facts b { font-weight: 500; color: var(--text); }
.badge { display: inline-block; border: 1px solid currentColor; border-radius: 1rem;
  padding: 0 .65rem; font-size: .85rem; font-weight: 600; white-space: nowrap; }
.mark { display: inline-block; width: 1.3em; text-align: center; font-weight: 700; flex: none; }
.ok { color: var(--ok); } .error { color: var(--error); } .warning { color: var(--warning); }
.canceled { color: var(--canceled); } .skipped { color: var(--skipped); }
code, pre { font: .86em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
code { background: var(--panel); border-radius: 4px; padding: .1em .3em; overflow-wrap: anywhere; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; margin: .4rem 0;
  padding: .6rem .75rem; overflow: auto; max-height: 32rem; }
pre code { background: none; padding: 0; overflow-wrap: normal; }
.log pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.log .section { color: var(--ok); } .log .command { color: var(--link); }
.log .debug { color: var(--canceled); } .log .error, .log .warning { font-weight: 600; }
details > summary { cursor: pointer; }
details.group { margin: .2rem 0; }
.graph { overflow-x: auto; padding: .25rem 0; }
.graph svg { display: block; font-family: system-ui, sans-serif; }
.graph svg.upright { display: none; margin: 0 auto; max-width: 100%; height: auto; }
.graph a { text-decoration: none; }
.edge { fill: none; stroke: var(--quiet); stroke-width: 1.5; }
.box { fill: var(--panel); stroke: currentColor; stroke-width: 1.5; }
.graph text { fill: var(--text); font-size: 14px; } .graph .title { font-weight: 600; }
.graph .note { fill: var(--quiet); font-size: 12px; }
.graph .sign { fill: currentColor; font-weight: 700; font-size: 16px; }
.stage { border: 1px solid var(--line); border-radius: 8px; margin: .75rem 0; overflow: hidden; }
.stage > header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .1rem .6rem;
  padding: .5rem .75rem; background: var(--panel); font-weight: 600; }
.job { padding: .1rem .75rem .5rem; border-top: 1px solid var(--line); }
.job > header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .1rem .6rem;
  margin: .5rem 0 .25rem; font-weight: 500; }
.step > summary, .step.bare { display: flex; align-items: baseline; gap: .5rem;
  padding: .15rem .3rem; border-radius: 4px; }
.step > summary:hover { background: var(--panel); }
.step > summary::before { content: "▸"; color: var(--quiet); width: .8em; flex: none; }
.step[open] > summary::before { content: "▾"; }
.step > summary { list-style: none; } .step > summary::-webkit-details-marker { display: none; }
.step.bare { padding-left: calc(.3rem + .8em + .5rem); }
.name { flex: 1; min-width: 0; overflow-wrap: anywhere; }
.time { color: var(--quiet); font-weight: 400; font-size: .88em; white-space: nowrap;
  font-variant-numeric: tabular-nums; margin-left: auto; }
.step .log { padding: 0 0 .5rem 1.6rem; }
.issues { list-style: none; margin: .25rem 0; padding: 0; }
.issues li { border-left: 3px solid currentColor; background: var(--panel); padding: .35rem .7rem;
  margin: .4rem 0; border-radius: 0 6px 6px 0; }
.issues .message { color: var(--text); white-space: pre-wrap; overflow-wrap: anywhere; }
.issues .quiet { font-size: .88em; font-weight: 400; }
.summary { border: 1px solid var(--line); border-radius: 8px; padding: .25rem 1rem .75rem;
  margin: .75rem 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .5rem 0; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem;
  border-bottom: 1px solid var(--line); }
th { font-weight: 600; white-space: nowrap; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.test { overflow-wrap: anywhere; min-width: 9rem; width: 60%; } td:has(> .mark) { width: 2rem; }
.meter { display: block; width: 8rem; height: .5rem; border-radius: 4px; background: var(--line);
  margin-top: .5rem; overflow: hidden; }
.meter i { display: block; height: 100%; background: var(--bar); }
.chart table { width: auto; margin-top: 0; } .chart td { border: 0; padding: .15rem .6rem; }
.chart p { margin-bottom: .2rem; } .chart tr.best td { color: var(--ok); font-weight: 600; }
.bar { position: relative; width: 24rem; height: .9rem; margin-top: .3rem; }
.bar i { position: absolute; height: 100%; background: var(--bar); border-radius: 2px; }
.chart tr.best .bar i { background: var(--ok); }
.bar b { position: absolute; top: -.5rem; bottom: -.5rem; border-left: 2px dashed var(--warning); }
blockquote { margin: .5rem 0; padding-left: .8rem; border-left: 3px solid var(--line);
  color: var(--quiet); }
@media (max-width: 640px) {
  body { padding: 1rem .75rem 3rem; }
  .graph svg.across { display: none; } .graph svg.upright { display: block; }
  .step .log { padding-left: 0; } pre { padding: .5rem; }
  .summary { padding: .25rem .75rem .5rem; } .meter { width: 2.5rem; } .bar { width: 7rem; }
  td.test { min-width: 6rem; }
  th, td { padding: .3rem .4rem; } }
@media print { details > * { display: block; } pre { max-height: none; } }
""")
