"""How the page looks, on a screen by day and by night and on paper, and the little that it does.

Colours are those of the window, see `av3d.present.theme`; the page brings no fonts and names those
of the window before those that any machine has.
"""

from __future__ import annotations

from av3d.present.theme import DARK, LIGHT, Theme

_NAMES = (
    "canvas", "bar", "panel", "raised", "control", "border", "text", "text_2", "text_3", "accent",
    "accent_text", "good", "warn", "bad",
)  # fmt: skip


def _colours(theme: Theme) -> str:
    values = {name: "#{:02X}{:02X}{:02X}".format(*getattr(theme, name)) for name in _NAMES}
    return "".join(f"--{name.replace('_', '-')}:{value};" for name, value in values.items())


def style() -> str:
    """The style sheet."""
    return (
        f":root{{color-scheme:light dark;{_colours(LIGHT)}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{_colours(DARK)}}}}}\n{_RULES}"
    )


_RULES = """
*{box-sizing:border-box}
html{background:var(--bar);color:var(--text);
 font:14px/1.45 Inter,system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
 -webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:1180px;padding:20px 24px 48px}
h1{font-size:22px;font-weight:600;margin:0 0 2px;overflow-wrap:anywhere}
h2{font-size:16px;font-weight:600;margin:36px 0 10px}
h3{font-size:14px;font-weight:600;margin:18px 0 6px}
p{margin:6px 0;max-width:76ch}
.sub,.note,.why{color:var(--text-2)}
.number,td.n,.tile b{
 font-family:"JetBrains Mono",ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:13px}
a{color:inherit;text-decoration-color:var(--text-3);text-underline-offset:2px}
a:focus-visible,select:focus-visible,input:focus-visible,th button:focus-visible{
 outline:2px solid var(--accent-text);outline-offset:1px}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(112px,1fr));gap:8px;margin:18px 0}
.tile{background:var(--panel);border-radius:3px;padding:10px 12px}
.tile b{display:block;font-size:20px;font-weight:500}
.tile span{color:var(--text-2);font-size:13px}
.panel{background:var(--panel);border-radius:3px;padding:4px 12px 8px;overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:5px 12px 5px 0;vertical-align:top;border-bottom:1px solid var(--raised)}
tr:last-child td{border-bottom:0}
th{font-size:12px;font-weight:500;color:var(--text-2);white-space:nowrap}
th button{all:unset;cursor:pointer}
th[aria-sort=ascending] button::after{content:" \\2191"}
th[aria-sort=descending] button::after{content:" \\2193"}
.rate{display:inline-block;min-width:6ch;text-align:right}
td.n,th.n{text-align:right;white-space:nowrap}
td.words{min-width:22ch}
.sev{white-space:nowrap}
.sev::before{content:"";display:inline-block;width:8px;height:8px;margin-right:6px;border-radius:4px;background:var(--text-3)}
.error::before{background:var(--bad);border-radius:0}
.warning::before{background:var(--warn);clip-path:polygon(50% 0,100% 100%,0 100%);border-radius:0}
.tools{display:flex;flex-wrap:wrap;gap:8px;margin:0 0 8px}
.tools[hidden]{display:none}
.tools label{color:var(--text-2);font-size:13px;display:flex;align-items:center;gap:6px}
input,select{font:inherit;height:28px;padding:2px 6px;
 color:var(--text);background:var(--panel);border:1px solid var(--border);border-radius:3px}
.card{background:var(--panel);border-radius:3px;padding:10px 12px 12px;margin:0 0 10px;break-inside:avoid}
.card h3{margin:0 0 2px;display:flex;flex-wrap:wrap;gap:4px 12px;align-items:baseline}
.card h3 .sev{font-weight:400;font-size:12px;color:var(--text-2)}
.card .at{font-weight:400;font-size:12px;color:var(--text-2)}
.panel+.card,.note+.card{margin-top:12px}
.card .why{margin:0 0 8px}
.shown{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:8px;align-items:start}
.shown>div{display:grid;gap:8px}
figure{margin:0}
figcaption{font-size:12px;color:var(--text-2);margin-top:2px}
img{display:block;width:100%;height:auto;background:var(--canvas);border-radius:2px}
svg.chart{display:block;width:100%;max-width:560px;height:auto;background:var(--raised);border-radius:2px}
svg text{fill:var(--text-2);font-size:11px}
.axis{stroke:var(--border)}
.curve{fill:none;stroke:var(--text-2);stroke-width:1.5}
.beyond{fill:none;stroke:var(--bad);stroke-width:2.2}
.dot{fill:var(--bad)}
.limit{stroke:var(--text);stroke-dasharray:5 4}
.span{fill:var(--bad);opacity:.13}
.bar{fill:var(--text-3)}
.share{display:inline-block;height:8px;background:var(--text-3);border-radius:1px;vertical-align:middle;margin-left:8px}
.thread{margin:4px 0 0;padding:0;list-style:none}
.thread li{margin:2px 0;overflow-wrap:anywhere}
[hidden]{display:none!important}
@media screen and (max-width:760px){body{padding:14px 12px 32px}
 .shown{grid-template-columns:minmax(0,1fr)}
 th,td{padding-right:8px}}
@media print{html{background:#fff;font-size:11px}
 body{max-width:none;padding:0}.tools{display:none!important}
 .panel,.tile,.card{background:none;border:1px solid var(--control)}.panel{overflow:visible}
 h2{break-after:avoid}tr{break-inside:avoid}thead{display:table-header-group}a{text-decoration:none}}
"""

SCRIPT = """
(function () {
  "use strict";
  var table = document.getElementById("findings"), tools = document.getElementById("tools");
  if (!table || !tools) { return; }
  var body = table.tBodies[0], rows = Array.prototype.slice.call(body.rows);
  var cards = Array.prototype.slice.call(document.querySelectorAll(".card[data-row]"));
  var words = document.getElementById("words"), level = document.getElementById("level");
  var state = document.getElementById("state"), count = document.getElementById("count");
  function filter() {
    var text = words.value.trim().toLowerCase(), shown = {}, number = 0;
    rows.forEach(function (row) {
      var fits = (!text || row.textContent.toLowerCase().indexOf(text) >= 0) &&
        (!level.value || row.dataset.level === level.value) &&
        (!state.value || (state.value === "open") === (row.dataset.open === "1"));
      row.hidden = !fits;
      shown[row.dataset.row] = fits;
      number += fits ? 1 : 0;
    });
    cards.forEach(function (card) { card.hidden = shown[card.dataset.row] === false; });
    count.textContent = number + " of " + rows.length;
  }
  [words, level, state].forEach(function (field) { field.addEventListener("input", filter); });
  Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head, column) {
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.textContent = "";
    head.appendChild(button);
    button.addEventListener("click", function () {
      var down = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      Array.prototype.forEach.call(table.tHead.rows[0].cells, function (other) {
        other.removeAttribute("aria-sort");
      });
      head.setAttribute("aria-sort", down === 1 ? "ascending" : "descending");
      function key(row) {
        var cell = row.cells[column], value = cell.dataset.v;
        return value === undefined ? cell.textContent : parseFloat(value);
      }
      rows.sort(function (one, other) {
        var a = key(one), b = key(other);
        if (a !== a || b !== b) { return (a !== a ? 1 : 0) - (b !== b ? 1 : 0); }
        return (a < b ? -1 : a > b ? 1 : 0) * down;
      });
      rows.forEach(function (row) { body.appendChild(row); });
    });
  });
  tools.hidden = false;
  filter();
}());
"""
