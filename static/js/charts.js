/* Draws charts with uPlot from the JSON beside them, in the theme's colours. The script of
   uPlot itself is fetched only on pages that hold a chart. */
"use strict";

const language = document.documentElement.lang || "en";
const locale = language === "en" ? "en-GB" : language;

/* Tokens are light-dark() pairs: a probe tells what they are now. */
function colours() {
  const probe = document.createElement("span");
  document.body.append(probe);
  const read = (token) => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  };
  const found = {
    line: read("--c2"),
    text: read("--text-2"),
    strong: read("--text"),
    grid: read("--grid-line"),
    base: read("--edge"),
  };
  probe.remove();
  return found;
}

function faded(colour, share) {
  const parts = colour.match(/[\d.]+/g).slice(0, 3);
  return `rgba(${parts.join(", ")}, ${share})`;
}

function short(value) {
  const units = [[1e9, "G"], [1e6, "M"], [1e3, "k"]];
  const unit = units.find(([size]) => Math.abs(value) >= size);
  if (!unit) return value.toLocaleString(locale);
  const rounded = (value / unit[0]).toLocaleString(locale, { maximumFractionDigits: 1 });
  return `${rounded}\u00a0${unit[1]}`;
}

function dayFormat(zone, span) {
  const parts = span > 2 * 86400
    ? { day: "numeric", month: "short" }
    : { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return new Intl.DateTimeFormat(locale, { ...parts, timeZone: zone });
}

/* The next round number above, so that the top line has its label too. */
function roundAbove(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  const steps = [1, 1.2, 1.6, 2, 2.5, 3, 4, 5, 6, 8, 10];
  return (steps.find((step) => step * power >= value) || 10) * power;
}

/* Four equal steps from zero, or fewer where the numbers are small. */
function quarters(low, high) {
  const steps = high < 4 ? Math.ceil(high) : 4;
  return Array.from({ length: steps + 1 }, (_, at) => low + ((high - low) * at) / steps);
}

/* Both ends and what lies evenly between them, as many as the width carries. */
function evenly(low, high, width) {
  const parts = Math.max(1, Math.min(5, Math.floor(width / 96)));
  return Array.from({ length: parts + 1 }, (_, at) => low + ((high - low) * at) / parts);
}

function axis(tones, extra) {
  return {
    stroke: tones.text,
    font: "11px Inter, sans-serif",
    grid: { stroke: tones.grid, width: 1 },
    ticks: { show: false },
    ...extra,
  };
}

function drawMarks(plot, marks, tones) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = tones.text;
  ctx.fillStyle = tones.text;
  ctx.font = `600 ${11 * devicePixelRatio}px Inter, sans-serif`;
  ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const [moment, text] of marks) {
    const x = plot.valToPos(moment, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const late = x > bbox.left + bbox.width / 2;
    ctx.textAlign = late ? "right" : "left";
    ctx.fillText(text, x + (late ? -6 : 6) * devicePixelRatio, bbox.top + 11 * devicePixelRatio);
  }
  ctx.restore();
}

function readout(element, data) {
  const format = new Intl.DateTimeFormat(locale, {
    day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    timeZone: data.zone,
  });
  const place = document.createElement("div");
  place.className = "chart-legend";
  const name = document.createElement("span");
  name.textContent = element.dataset.label;
  const now = document.createElement("span");
  now.className = "chart-now";
  place.append(name, now);
  element.before(place);
  return (plot) => {
    const at = plot.cursor.idx;
    now.textContent = at == null || plot.cursor.left < 0
      ? ""
      : `${format.format(data.x[at] * 1000)} · ${data.y[at].toLocaleString(locale)}`;
  };
}

/* A single point stands in the middle of five days. */
function timeRange(data) {
  const [first, last] = [data.x[0] || 0, data.x[data.x.length - 1] || 0];
  return first === last ? [first - 216000, last + 216000] : [first, last];
}

function options(element, data, tones, onCursor) {
  const ends = timeRange(data);
  const span = ends[1] - ends[0];
  const format = dayFormat(data.zone, span);
  return {
    width: element.clientWidth,
    height: element.clientHeight || 200,
    padding: [12, 24, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7, fill: tones.line } },
    scales: {
      x: { time: true, range: ends },
      y: { range: (_plot, _low, high) => [0, roundAbove((high || 1) * 1.04)] },
    },
    axes: [
      axis(tones, {
        grid: { show: false },
        border: { show: true, stroke: tones.base, width: 1 },
        splits: (plot, _axis, low, high) => evenly(low, high, plot.width),
        size: 28,
        values: (_plot, moments) => moments.map((moment) => format.format(moment * 1000)),
      }),
      axis(tones, {
        size: 56,
        splits: (_plot, _axis, low, high) => quarters(low, high),
        values: (_plot, values) => values.map(short),
      }),
    ],
    series: [
      {},
      {
        stroke: tones.line,
        width: 2,
        fill: faded(tones.line, 0.13),
        paths: window.uPlot.paths.stepped({ align: 1 }),
        points: { show: data.x.length < 2 },
      },
    ],
    hooks: {
      draw: [(plot) => drawMarks(plot, data.marks || [], tones)],
      setCursor: [onCursor],
    },
  };
}

function draw(element) {
  const data = JSON.parse(document.getElementById(element.dataset.source).textContent);
  const onCursor = readout(element, data);
  let plot = null;
  const paint = () => {
    plot?.destroy();
    const settings = options(element, data, colours(), onCursor);
    settings.tzDate = (moment) => window.uPlot.tzDate(new Date(moment * 1000), data.zone);
    plot = new window.uPlot(settings, [data.x, data.y], element);
  };
  paint();
  new ResizeObserver(() => {
    if (plot && element.clientWidth && element.clientWidth !== plot.width) {
      plot.setSize({ width: element.clientWidth, height: plot.height });
    }
  }).observe(element);
  document.addEventListener("theme", () => requestAnimationFrame(paint));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
}

let loading = null;

function load(element) {
  if (window.uPlot) return Promise.resolve();
  loading ||= new Promise((resolve, reject) => {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = element.dataset.sheet;
    const script = document.createElement("script");
    script.src = element.dataset.script;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(sheet, script);
  });
  return loading;
}

function findAll(root) {
  const found = [...(root.querySelectorAll?.("[data-chart=size]") || [])];
  if (root.matches?.("[data-chart=size]")) found.push(root);
  for (const element of found) {
    if (element.dataset.drawn) continue;
    element.dataset.drawn = "true";
    load(element).then(() => document.fonts.ready).then(() => draw(element));
  }
}

document.addEventListener("htmx:load", (event) => findAll(event.detail.elt));
findAll(document);
