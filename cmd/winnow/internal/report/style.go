package report

// style is the page's own: system fonts, colours that have enough contrast on light and on dark ground.
const style = `
:root { color-scheme: light dark; --ground: #fff; --text: #1b1f24; --faint: #57606a; --rule: #d0d7de; --blue: #0b62c4; --red: #b42318; --green: #1a7f37; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #101418; --text: #e6e9ec; --faint: #9aa4af; --rule: #343b43; --blue: #6cb2ff; --red: #ff8a7a; --green: #56d364; }
}
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.3rem; overflow-wrap: anywhere; border-top: 1px solid var(--rule); padding-top: 1rem; }
table { border-collapse: collapse; margin: 1.5rem 0; display: block; overflow-x: auto; }
caption, figcaption { text-align: start; font-weight: 600; padding: .3rem 0; }
th, td { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--rule); text-align: start; vertical-align: top; font-weight: 400; }
thead th { color: var(--faint); } .n { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
td { overflow-wrap: break-word; max-width: 40rem; }
figure { margin: 1rem 0; } .plots { display: flex; flex-wrap: wrap; gap: 2rem; } .plots figure { flex: 1 1 20rem; max-width: 30rem; }
svg { width: 100%; height: auto; } svg.map { max-width: 56rem; }
svg text { fill: var(--text); font: 11px system-ui, sans-serif; } svg text.small { font-size: 8px; fill: var(--faint); }
.grid { stroke: var(--rule); stroke-width: .5; fill: none; } .bar { fill: var(--blue); fill-opacity: .55; }
.ideal { stroke: var(--text); stroke-dasharray: 4 4; fill: none; } .line { stroke: var(--blue); stroke-width: 2; fill: none; }
.point { fill: var(--text); } .right { fill: var(--green); } .mixed { fill: var(--red); } .back { fill: var(--rule); fill-opacity: .25; }
summary { cursor: pointer; color: var(--faint); }
@media print { details { display: none; } }
`
