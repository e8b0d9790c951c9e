import type { CaseResult, MeasuredRow } from "./case-result.ts";
import { formatMetric, formatNumber } from "./format.ts";
import type { Result } from "./result.ts";

/** The cases that are drawn, as far as they were run. */
const drawn = ["echo-1k", "in-flight", "calls", "one-way", "bytes-1m", "broadcast-1000"];

const columns = 2;
const panelWidth = 470;
const nameWidth = 180;
const numberWidth = 70;
const rowHeight = 18;
const headHeight = 44;
const gap = 20;

/** Colours for light and dark pages: the picture follows what its reader prefers. */
const css = `
  text { font: 12px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; font-size: 13px; }
  .unit, .foot { fill: #57606a; font-size: 11px; }
  .name { text-anchor: end; }
  .other { fill: #b6c2cf; } .ours { fill: #2f81f7; } .bound { fill: none; stroke: #8b949e; }
  .range { stroke: #57606a; stroke-width: 1; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .unit, .foot { fill: #8b949e; }
    .other { fill: #484f58; } .range { stroke: #b1bac4; }
  }`;

/** Draws a result as an SVG picture: a panel for each case, in it a bar for each row. */
export function drawChart(result: Result): string {
  const panels = result.cases.filter(({ name }) => drawn.includes(name)).map(panelOf);
  const lines = new Array<string>();
  let top = 0;
  for (let first = 0; first < panels.length; first += columns) {
    const line = panels.slice(first, first + columns);
    for (const [place, { body }] of line.entries()) {
      lines.push(`<g transform="translate(${place * (panelWidth + gap)} ${top})">${body}</g>`);
    }
    top += Math.max(...line.map(({ height }) => height)) + gap;
  }
  const width = columns * panelWidth + gap;
  const { machine, node, started, plan } = result;
  const foot = `Node.js ${node}, ${machine.processors} × ${machine.processor}, ${started.slice(0, 10)}; medians of ${plan.rounds} rounds, with the lowest and the highest`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top + 16}" role="img" aria-label="Benchmark of ipc-eventer and its peers">`,
    `<style>${css}\n</style>`,
    ...lines,
    `<text class="foot" x="0" y="${top + 8}">${escape(foot)}</text>`,
    "</svg>\n",
  ].join("\n");
}

function panelOf({ title, metrics, rows }: CaseResult): { body: string; height: number } {
  const [metric] = metrics;
  const measured = rows.filter((row): row is MeasuredRow => "rounds" in row);
  if (metric === undefined) return { body: "", height: 0 };
  const spreads = measured.flatMap(({ name, values }) => {
    const values0 = values[metric.key];
    return values0 === undefined ? [] : [{ name, ...values0 }];
  });
  const full = Math.max(...spreads.map(({ max }) => max));
  const scale = (value: number): number =>
    Math.round((value / full) * (panelWidth - nameWidth - numberWidth) * 10) / 10;
  const bars = spreads.map(({ name, median, min, max }, place) => {
    const y = headHeight + place * rowHeight;
    const middle = y + 6;
    const own = name.startsWith("ipc-eventer") ? "ours" : "other";
    const isContender = "cpu" in (measured[place]?.values ?? {});
    return [
      `<text class="name" x="${nameWidth - 8}" y="${y + 10}">${escape(short(name))}</text>`,
      `<rect class="${isContender ? own : "bound"}" x="${nameWidth}" y="${y}" width="${scale(median)}" height="12" rx="2"/>`,
      `<path class="range" d="M${nameWidth + scale(min)} ${middle}H${nameWidth + scale(max)}"/>`,
      `<text class="unit" x="${nameWidth + scale(max) + 6}" y="${y + 10}">${formatNumber(median)}</text>`,
    ].join("");
  });
  const head = `<text class="title" x="0" y="14">${escape(title)}</text><text class="unit" x="0" y="30">${escape(formatMetric(metric))}</text>`;
  return { body: head + bars.join("\n"), height: headHeight + spreads.length * rowHeight };
}

function short(name: string): string {
  return name.length > 27 ? `${name.slice(0, 26)}…` : name;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
