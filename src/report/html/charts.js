// Draws the charts of a report from the numbers beside it, and lets its tables be sorted and searched. It counts nothing:
// what is shown as a figure was written into the page.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const SVG = "http://www.w3.org/2000/svg";
  const KNOWN = ["ms", "/s", "B/s", "bytes"];
  // above the plot the stages have a line for their names, and what happened for its number
  const HEIGHT = 224, LEFT = 58, RIGHT = 12, TOP = 26, BOTTOM = 22, FLOOR = HEIGHT - BOTTOM;

  const make = (name, attributes = {}, text) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const draw = (name, attributes, text) => {
    const drawn = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) drawn.setAttribute(key, value);
    if (text !== undefined) drawn.textContent = text;
    return drawn;
  };

  // ---- numbers ----

  const digits = (number) => {
    const size = Math.abs(number);
    if (size >= 1000) return Math.round(number).toLocaleString("en");
    if (size >= 100 || Number.isInteger(number)) return number.toFixed(0);
    return Number(number.toPrecision(3)).toString();
  };
  const IN_BYTES = ["B/s", "bytes"];
  const powerOf1024 = (number) => Math.min(4, Math.max(0, Math.floor(Math.log(Math.max(Math.abs(number), 1)) / Math.log(1024) + 1e-9)));
  const show = (number, unit) => {
    if (number === null || number === undefined) return "–";
    if (unit === "ms") {
      if (number >= 60000) return `${digits(number / 60000)}min`;
      if (number >= 1000) return `${digits(number / 1000)}s`;
      return number > 0 && number < 1 ? `${digits(number * 1000)}us` : `${digits(number)}ms`;
    }
    if (IN_BYTES.includes(unit)) {
      const power = powerOf1024(number);
      return `${digits(number / 1024 ** power)} ${["B", "KiB", "MiB", "GiB", "TiB"][power]}${unit === "B/s" ? "/s" : ""}`;
    }
    return unit === "/s" ? `${digits(number)}/s` : `${digits(number)} ${unit}`.trim();
  };
  const short = (number) => {
    const [step, letter] = [[1e9, "G"], [1e6, "M"], [1e3, "k"]].find(([step]) => Math.abs(number) >= step) || [1, ""];
    return Math.abs(number) < 1e5 ? digits(number) : `${Number((number / step).toPrecision(4))}${letter}`;
  };
  // on an axis a word behind each number has no room; it is in the title
  const onAxis = (number, unit) => {
    if (number === 0) return "0";
    if (unit === "/s") return `${short(number)}/s`;
    return KNOWN.includes(unit) ? show(number, unit) : short(number);
  };
  const clock = (seconds) => {
    const whole = Math.max(0, Math.round(seconds)), two = (number) => String(number).padStart(2, "0");
    const h = Math.floor(whole / 3600), m = Math.floor(whole / 60) % 60, s = whole % 60;
    return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
  };
  // round numbers that a reader can place between
  const ticks = (from, to, wanted) => {
    const raw = (to - from) / wanted || 1, power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].find((factor) => factor * power >= raw * 0.75) * power;
    const found = [];
    for (let at = Math.ceil(from / step) * step; at <= to + step * 1e-9; at += step) found.push(at);
    return found;
  };
  // the same, of a quantity: 10 KiB and not 9.77, 2min and not 1.67
  const ticksOf = (to, unit) => {
    const whole = IN_BYTES.includes(unit) ? 1024 ** powerOf1024(to) : unit === "ms" && to >= 120000 ? 60000 : 1;
    return ticks(0, to / whole, 4).map((at) => at * whole);
  };
  const timeTicks = (from, to, most) => {
    const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 43200, 86400];
    const wanted = (to - from) / Math.max(1, most), day = 86400;
    const step = steps.find((one) => one >= wanted) || Math.ceil(wanted / day) * day, found = [];
    for (let at = Math.ceil(from / step) * step; at <= to + step * 1e-9; at += step) found.push(at);
    return found;
  };
  const ruler = document.createElement("canvas").getContext("2d");
  ruler.font = "11px system-ui, sans-serif";
  const lengthOf = (text) => ruler.measureText(text).width;

  // ---- what all charts over time share ----

  let end = 1, partial = null;
  const measure = () => {
    end = data.end > 0 ? data.end : Math.max(data.cells * data.step, 1);
    // the last cell may be a part of a second: what was counted in it is no whole second's count
    partial = data.cells > 1 && data.step === 1 && end < data.cells * data.step ? data.cells - 1 : null;
  };
  measure();
  const perSecond = (chart) => ["/s", "B/s"].includes(chart.unit) || chart.lines.some((line) => line.label === "a second");
  const stageAt = (at) => data.stages.filter((stage) => stage.start <= at && at < stage.end).map((stage) => stage.name).join(", ");
  const view = { from: 0, to: end, at: null };
  const overTime = [];
  const zoomed = () => view.from > 0 || view.to < end;
  const redraw = () => {
    overTime.forEach((chart) => chart.paint());
    const bar = document.getElementById("zoom");
    bar.classList.toggle("on", zoomed());
    bar.firstElementChild.textContent =
      `Charts show ${clock(view.from)} to ${clock(view.to)}. Figures and tables stay those of the whole run.`;
  };
  const look = (from, to) => {
    const least = Math.min(end, data.step * 4);
    if (to - from < least) { const middle = (from + to) / 2; from = middle - least / 2; to = middle + least / 2; }
    view.from = Math.max(0, Math.min(from, end - least));
    view.to = Math.min(end, Math.max(to, view.from + least));
    redraw();
  };
  const point = (cell) => {
    view.at = cell === null ? null : Math.max(0, Math.min(data.cells - 1, cell));
    overTime.forEach((chart) => chart.cursor());
  };
  // what a person hears who moves through a chart with the keyboard
  const spoken = document.getElementById("spoken");

  // A frame with a title, a legend and a place to draw in.
  const frame = (into, { id, title, about, lines }) => {
    const figure = make("figure", { class: "chart", id: `chart-${id}` });
    const head = make("div", { class: "head" });
    head.append(make("h3", { id: `title-${id}` }, title));
    const legend = make("div", { class: "legend" });
    const svg = draw("svg", { tabindex: "0", role: "img", "aria-labelledby": `title-${id}`, "aria-describedby": `about-${id}` });
    figure.append(head, legend, svg, make("figcaption", { id: `about-${id}`, class: "faint" }, about));
    into.append(figure);
    const hidden = new Set();
    const values = lines.map((label, index) => {
      const button = make("button", { type: "button", "aria-pressed": "true" });
      const value = make("b");
      button.append(make("i", { class: `k${index % 6}` }), label, " ", value);
      legend.append(button);
      button.addEventListener("click", () => {
        if (!hidden.delete(index)) hidden.add(index);
        button.setAttribute("aria-pressed", String(!hidden.has(index)));
        figure.dispatchEvent(new Event("repaint"));
      });
      return value;
    });
    resized.observe(svg);
    return { figure, head, svg, hidden, values };
  };

  // The numbers behind a chart, made when somebody asks for them.
  const tableBehind = (figure, title, heads, rows) => {
    const details = make("details");
    details.append(make("summary", {}, "Numbers"));
    details.addEventListener("toggle", () => {
      // made anew each time: a run under way goes on
      details.querySelector(".scroll")?.remove();
      if (!details.open) return;
      const table = make("table"), headRow = make("tr"), body = make("tbody");
      heads.forEach((head, index) => headRow.append(make("th", index ? { scope: "col" } : { scope: "col", class: "text" }, head)));
      rows().forEach((row) => {
        const line = make("tr");
        row.forEach((cell, index) => line.append(make("td", index ? {} : { class: "text" }, cell)));
        body.append(line);
      });
      const top = make("thead");
      top.append(headRow);
      table.append(make("caption", {}, title), top, body);
      const scroll = make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${title}: numbers` });
      scroll.append(table);
      details.append(scroll);
    });
    figure.append(details);
  };

  // a chart is drawn as wide as it is shown, so that its text is not stretched
  const widths = new WeakMap();
  const wide = (svg) => {
    const width = Math.max(240, Math.round(svg.clientWidth || 560));
    widths.set(svg, width);
    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    return width;
  };
  const resized = new ResizeObserver((entries) => {
    entries.filter(({ target }) => target.clientWidth > 0 && Math.abs(target.clientWidth - (widths.get(target) || 0)) > 2)
      .forEach(({ target }) => target.closest("figure").dispatchEvent(new Event("repaint")));
  });

  // how far from the left the plot begins, so that each label has its room
  const margin = (labels) => Math.max(LEFT, Math.ceil(Math.max(0, ...labels.map(lengthOf))) + 10);
  const axes = (group, { left, right, x, y }, xTicks, yTicks) => {
    yTicks.forEach(([at, label]) => {
      group.append(draw("line", { class: "grid", x1: left, x2: right, y1: y(at), y2: y(at) }));
      group.append(draw("text", { x: left - 6, y: y(at) + 4, "text-anchor": "end" }, label));
    });
    let free = 0;
    xTicks.forEach(([at, label]) => {
      group.append(draw("line", { class: "grid", x1: x(at), x2: x(at), y1: FLOOR, y2: FLOOR + 4 }));
      const half = lengthOf(label) / 2, middle = Math.min(x(at), right + RIGHT - half - 1);
      if (middle - half < free) return;
      free = middle + half + 6;
      group.append(draw("text", { x: middle, y: HEIGHT - 5, "text-anchor": "middle" }, label));
    });
  };
  // what is drawn stays within the plot, however close one looks
  const clipped = (svg, id, { left, right }) => {
    const clip = draw("clipPath", { id: `clip-${id}` }), drawn = draw("g", { class: "drawn", "clip-path": `url(#clip-${id})` });
    clip.append(draw("rect", { x: left, y: TOP - 1, width: Math.max(0, right - left), height: FLOOR - TOP + 2 }));
    svg.append(clip, drawn);
    return drawn;
  };
  const scale = (from, to, low, high) => (value) => low + ((value - from) / (to - from || 1)) * (high - low);
  const logScale = (from, to, low, high) => {
    const inner = scale(Math.log10(from), Math.log10(to), low, high);
    return (value) => inner(Math.log10(Math.max(value, from)));
  };
  const logTicks = (from, to) => {
    const found = [];
    for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power += 1) {
      [1, 2, 5].forEach((factor) => { const at = factor * 10 ** power; if (at >= from && at <= to) found.push(at); });
    }
    return found.length > 7 ? found.filter((at) => Number.isInteger(Math.log10(at))) : found;
  };
  // lines break where nothing was measured
  const path = (points) => {
    let text = "", open = false;
    points.forEach(([x, y]) => {
      if (y === null) { open = false; return; }
      text += `${open ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
      open = true;
    });
    return text;
  };

  // ---- a chart over time ----

  const titled = ({ title, unit }) => (unit === "" || KNOWN.includes(unit) || title.toLowerCase() === unit ? title : `${title} (${unit})`);
  const chartOverTime = (chart) => {
    const parts = frame(document.getElementById("over-time"), { ...chart, title: titled(chart), lines: chart.lines.map((line) => line.label) });
    const { figure, head, svg, hidden, values } = parts;
    const stacked = chart.form === "stack";
    let log = false, x = null, dragged = null, width = 560, left = LEFT;
    if (chart.unit === "ms" && !stacked) {
      const label = make("label"), box = make("input", { type: "checkbox" });
      label.append(box, " log scale");
      head.append(label);
      box.addEventListener("change", () => { log = box.checked; paint(); });
    }
    const undrawn = () => (perSecond(chart) ? partial : null);
    const until = (cell) => Math.min((cell + 1) * data.step, end);
    const middle = (cell) => (cell * data.step + until(cell)) / 2;
    const shown = () => chart.lines.map((line, index) => [line, index]).filter(([, index]) => !hidden.has(index));
    const cells = () => {
      const first = Math.max(0, Math.floor(view.from / data.step) - 1);
      const last = Math.min(data.cells, Math.ceil(view.to / data.step) + 1);
      return Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index).filter((cell) => cell !== undrawn());
    };
    const top = (line, cell) => (line.most ?? line.last)[cell];
    const bottom = (line, cell) => (line.least ?? line.last)[cell];

    const bands = (back, right) => {
      data.stages.forEach((stage, index) => {
        const [from, to] = [x(Math.max(stage.start, view.from)), x(Math.min(stage.end, view.to))];
        if (to <= from || data.stages.length < 2) return;
        const kind = stage.warm_up ? " warm" : index % 2 ? " odd" : "";
        const band = draw("rect", { class: `band${kind}`, x: from, y: TOP, width: to - from, height: FLOOR - TOP });
        band.append(draw("title", {}, stage.name));
        back.append(band);
        let name = stage.name;
        while (name.length > 2 && lengthOf(name) > to - from - 6) name = `${name.slice(0, name.endsWith("…") ? -2 : -1)}…`;
        if (lengthOf(name) <= to - from - 4) back.append(draw("text", { class: "stage", x: from + 2, y: TOP - 14 }, name));
      });
      const bands = (spans, kind, height) => spans.forEach(([first, last]) => {
        const [from, to] = [x(Math.max(first, view.from)), x(Math.min(last, view.to))];
        if (to > from) back.append(draw("rect", { class: kind, x: from, y: TOP, width: to - from, height }));
      });
      bands(data.suspect, "suspect", FLOOR - TOP);
      bands(data.ceiling, "ceiling", 3);
      let last = null;
      data.marks.forEach((mark, index) => {
        if (mark.at < view.from || mark.at > view.to) return;
        const at = Math.min(x(mark.at), right), number = String(index + 1);
        const line = draw("line", { class: "mark", x1: at, x2: at, y1: TOP, y2: FLOOR });
        line.append(draw("title", {}, `${clock(mark.at)} ${mark.text}`));
        back.append(line);
        // neighbours share a place, while there is room for their numbers
        if (last && at - lengthOf(number) / 2 < last.end) {
          const both = `${last.text.textContent},${number}`;
          if (both.length > 7) return;
          last.text.textContent = both;
          last.end = last.at + lengthOf(both) / 2 + 4;
          return;
        }
        last = { text: draw("text", { class: "mark", x: at, y: TOP - 3, "text-anchor": "middle" }, number), at, end: at + lengthOf(number) / 2 + 4 };
        back.append(last.text);
      });
    };
    const paint = () => {
      svg.replaceChildren();
      width = wide(svg);
      const all = cells(), visible = shown(), right = width - RIGHT;
      let high = 0, low = Infinity;
      all.filter((cell) => until(cell) >= view.from && cell * data.step <= view.to).forEach((cell) => {
        let sum = 0;
        visible.forEach(([line]) => {
          if (line.last[cell] === null) return;
          sum += line.last[cell];
          high = Math.max(high, stacked ? sum : top(line, cell));
          if (bottom(line, cell) > 0) low = Math.min(low, bottom(line, cell));
        });
      });
      high = high || 1;
      const from = log && low < high ? low * 0.9 : 0;
      const y = (log && from > 0 ? logScale : scale)(from, high * 1.06, FLOOR, TOP);
      const yTicks = (log && from > 0 ? logTicks(from, high * 1.06) : ticksOf(high * 1.06, chart.unit)).map((at) => [at, onAxis(at, chart.unit)]);
      left = margin(yTicks.map(([, label]) => label));
      x = scale(view.from, view.to, left, right);
      const back = draw("g", { "aria-hidden": "true" });
      bands(back, right);
      const most = Math.min(7, (right - left) / (lengthOf(clock(view.to)) + 14));
      axes(back, { left, right, x, y }, timeTicks(view.from, view.to, most).map((at) => [at, clock(at)]), yTicks);
      svg.append(back);
      const into = clipped(svg, chart.id, { left, right });
      // areas end where nothing was measured; one moment alone is as wide as it was long
      const measured = (cell) => visible.some(([line]) => line.last[cell] !== null);
      const spans = all.filter(measured).reduce((found, cell) => {
        const last = found[found.length - 1];
        if (last && last[last.length - 1] === cell - 1) last.push(cell); else found.push([cell]);
        return found;
      }, []).map((span) => (span.length > 1
        ? span.map((cell) => ({ cell, at: x(middle(cell)), floor: 0 }))
        : [{ cell: span[0], at: x(span[0] * data.step), floor: 0 }, { cell: span[0], at: x(until(span[0])), floor: 0 }]));
      visible.forEach(([line, index]) => {
        if (stacked) {
          spans.forEach((span) => {
            const under = span.map(({ at, floor }) => [at, y(floor)]);
            const over = span.map((one) => { one.floor += line.last[one.cell] || 0; return [one.at, y(one.floor)]; });
            into.append(draw("path", { class: `area k${index % 6}`, d: path(over) + path(under.reverse()).replace("M", "L") + "Z" }));
          });
          return;
        }
        if (line.most) {
          const there = all.filter((cell) => line.last[cell] !== null);
          const over = there.map((cell) => [x(middle(cell)), y(line.most[cell])]);
          const under = there.map((cell) => [x(middle(cell)), y(line.least[cell])]).reverse();
          if (there.length > 1) into.append(draw("path", { class: `range k${index % 6}`, d: path(over) + path(under).replace("M", "L") + "Z" }));
        }
        const points = all.map((cell) => [x(middle(cell)), line.last[cell] === null ? null : y(line.last[cell])]);
        into.append(draw("path", { class: `line k${index % 6}${line.label === "planned" ? " planned" : ""}`, d: path(points) }));
        // a moment with nothing on either side has no line, so it gets a dot
        points.forEach(([left, at], place) => {
          const alone = at !== null && (!points[place - 1] || points[place - 1][1] === null) && (!points[place + 1] || points[place + 1][1] === null);
          if (alone) into.append(draw("circle", { class: `k${index % 6}`, cx: left, cy: at, r: 2 }));
        });
      });
      cursor();
    };
    const cursor = () => {
      svg.querySelectorAll(".cursor").forEach((old) => old.remove());
      values.forEach((value, index) => {
        const line = chart.lines[index];
        const known = view.at !== null && line.last[view.at] !== undefined;
        value.textContent = known ? show(line.last[view.at], chart.unit) : "";
        if (known && line.most && line.most[view.at] !== line.least[view.at]) {
          value.textContent += ` (${show(line.least[view.at], chart.unit)}..${show(line.most[view.at], chart.unit)})`;
        }
      });
      if (view.at === null) return;
      const at = middle(view.at);
      if (at < view.from || at > view.to) return;
      svg.append(draw("line", { class: "cursor", x1: x(at), x2: x(at), y1: TOP, y2: FLOOR }));
      const name = data.stages.length > 1 ? stageAt(view.at * data.step) : "";
      const said = `${clock(view.at * data.step)} ${name.length > 24 ? `${name.slice(0, 23)}…` : name}`.trim();
      const half = lengthOf(said) / 2 + 5, place = Math.max(half, Math.min(x(at), width - half));
      svg.append(draw("rect", { class: "cursor tag", x: place - half, y: FLOOR + 3, width: 2 * half, height: 18, rx: 4 }));
      svg.append(draw("text", { class: "cursor", x: place, y: HEIGHT - 6, "text-anchor": "middle" }, said));
    };
    const tell = () => {
      const moment = [clock(view.at * data.step), stageAt(view.at * data.step)].filter(Boolean).join(" ");
      spoken.textContent = `${moment}: ${chart.lines.map((line, index) => `${line.label} ${values[index].textContent}`).join(", ")}`;
    };
    const secondsAt = (event) => {
      const box = svg.getBoundingClientRect();
      const inner = ((event.clientX - box.left) / box.width) * width;
      const share = (inner - left) / (width - RIGHT - left);
      return view.from + Math.max(0, Math.min(1, share)) * (view.to - view.from);
    };
    const wipe = () => svg.querySelectorAll(".drag").forEach((old) => old.remove());
    svg.addEventListener("pointermove", (event) => {
      const at = secondsAt(event);
      point(Math.floor(at / data.step));
      if (dragged === null) return;
      wipe();
      const [from, to] = [x(Math.min(dragged, at)), x(Math.max(dragged, at))];
      svg.append(draw("rect", { class: "drag", x: from, y: TOP, width: to - from, height: FLOOR - TOP }));
    });
    svg.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      dragged = secondsAt(event);
      // a finger has no hover: where it taps is the moment that is shown, until it taps elsewhere
      point(Math.floor(dragged / data.step));
      if (event.pointerType === "mouse") svg.setPointerCapture(event.pointerId);
    });
    const leave = (event) => { dragged = null; wipe(); if (event.pointerType === "mouse") point(null); };
    svg.addEventListener("pointerleave", leave);
    svg.addEventListener("pointercancel", leave);
    svg.addEventListener("pointerup", (event) => {
      const at = secondsAt(event), from = dragged;
      dragged = null;
      wipe();
      if (from !== null && Math.abs(x(at) - x(from)) > 8) look(Math.min(from, at), Math.max(from, at));
    });
    svg.addEventListener("dblclick", () => look(0, end));
    svg.addEventListener("keydown", (event) => {
      const at = view.at === null ? Math.floor(view.from / data.step) : view.at, half = (view.to - view.from) / 4;
      const moves = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 };
      if (event.key in moves) { point(view.at === null ? at : at + moves[event.key]); tell(); }
      else if (event.key === "+") look(middle(at) - half, middle(at) + half);
      else if (event.key === "-") look(view.from - half, view.to + half);
      else if (event.key === "0" || event.key === "Escape") { look(0, end); point(null); }
      else return;
      event.preventDefault();
    });
    figure.addEventListener("repaint", paint);
    tableBehind(figure, chart.title, ["time", ...chart.lines.map((line) => `${line.label} (${chart.unit})`)], () =>
      Array.from({ length: data.cells }, (_, cell) => [cell === partial ? `${clock(cell)} (${digits(end - cell)} s)` : clock(cell * data.step), ...chart.lines.map((line) => (line.last[cell] === null ? "–" : String(line.last[cell])))]));
    overTime.push({ paint, cursor });
  };

  // ---- the distribution of times ----

  const LABELS = ["response", "service"];
  const histogram = (curves) => {
    const into = document.getElementById("distributions");
    const { figure, svg, hidden } = frame(into, { id: "histogram", title: "Histogram", about: "How many requests took how long; each bar is a little wider than the one before.", lines: LABELS });
    const paint = () => {
      const bars = [curves.response.bars, curves.service.bars], edges = curves.edges;
      svg.replaceChildren();
      const width = wide(svg);
      const high = Math.max(1, ...bars.filter((_, index) => !hidden.has(index)).flat());
      // there is no half of a request
      const yTicks = ticks(0, high * 1.06, 4).filter(Number.isInteger).map((at) => [at, short(at)]);
      const left = margin(yTicks.map(([, label]) => label)), right = width - RIGHT;
      const x = logScale(edges[0] || 1e-6, edges[edges.length - 1], left, right), y = scale(0, high * 1.06, FLOOR, TOP);
      const back = draw("g", { "aria-hidden": "true" });
      axes(back, { left, right, x, y }, logTicks(edges[0] || 1e-6, edges[edges.length - 1]).map((at) => [at, show(at, "ms")]), yTicks);
      svg.append(back);
      bars.forEach((counts, index) => {
        if (hidden.has(index)) return;
        counts.forEach((count, bar) => {
          const left = x(edges[bar]), half = (x(edges[bar + 1]) - left) / 2, at = left + index * half;
          if (count === 0 || !(half > 0)) return;
          const drawn = draw("rect", { class: `bar k${index}`, x: at, y: y(count), width: half, height: Math.max(0.5, FLOOR - y(count)) });
          drawn.append(draw("title", {}, `${LABELS[index]}: ${digits(count)} between ${show(edges[bar], "ms")} and ${show(edges[bar + 1], "ms")}`));
          svg.append(drawn);
        });
      });
    };
    figure.addEventListener("repaint", paint);
    tableBehind(figure, "Histogram", ["over (ms)", "up to (ms)", ...LABELS], () => curves.response.bars.map((count, bar) => [String(curves.edges[bar]), String(curves.edges[bar + 1]), String(count), String(curves.service.bars[bar])]));
    paint();
  };
  const quantiles = (curves) => {
    const labels = curves.baseline ? [...LABELS, "baseline's response"] : LABELS;
    const into = document.getElementById("distributions");
    const { figure, svg, hidden } = frame(into, { id: "quantiles", title: "Quantiles", about: "What share of the requests took at most how long. Each step to the right is ten times rarer; where response lies above service, requests had to wait before they were sent.", lines: labels });
    const all = () => [curves.response.quantiles, curves.service.quantiles, ...(curves.baseline ? [curves.baseline] : [])];
    const paint = () => {
      const both = all();
      const rarity = (share) => (share >= 1 ? furthest : Math.log10(1 / (1 - share)));
      const furthest = Math.max(1.3, ...both.flat().filter(([share]) => share < 1).map(([share]) => Math.log10(1 / (1 - share)))) + 0.3;
      svg.replaceChildren();
      const width = wide(svg);
      const visible = both.filter((_, index) => !hidden.has(index)).flat();
      const high = Math.max(0.001, ...visible.map(([, ms]) => ms));
      const yTicks = ticksOf(high * 1.06, "ms").map((at) => [at, onAxis(at, "ms")]);
      const left = margin(yTicks.map(([, label]) => label)), right = width - RIGHT;
      const x = scale(0, furthest, left, right), y = scale(0, high * 1.06, FLOOR, TOP);
      const back = draw("g", { "aria-hidden": "true" });
      const named = [[0.5, "p50"], [0.9, "p90"], [0.99, "p99"], [0.999, "p99.9"], [0.9999, "p99.99"]].filter(([share]) => rarity(share) < furthest);
      axes(back, { left, right, x, y }, named.map(([share, name]) => [rarity(share), name]), yTicks);
      svg.append(back);
      both.forEach((points, index) => {
        if (hidden.has(index)) return;
        svg.append(draw("path", { class: `line k${index}`, d: path(points.map(([share, ms]) => [x(rarity(share)), y(ms)])) }));
        points.forEach(([share, ms]) => {
          const dot = draw("circle", { class: `k${index}`, cx: x(rarity(share)), cy: y(ms), r: 2.2 });
          dot.append(draw("title", {}, `${labels[index]} ${share === 1 ? "max" : `p${Number((share * 100).toPrecision(7))}`}: ${show(ms, "ms")}`));
          svg.append(dot);
        });
      });
    };
    figure.addEventListener("repaint", paint);
    tableBehind(figure, "Quantiles", ["share", ...labels.map((label) => `${label} (ms)`)], () => {
      const both = all(), shares = [...new Set(both.flat().map(([share]) => share))].sort((a, b) => a - b);
      const found = (points, wanted) => points.find(([share]) => share === wanted);
      return shares.map((share) => [share === 1 ? "max" : `${Number((share * 100).toPrecision(7))}%`, ...both.map((points) => (found(points, share) ? String(found(points, share)[1]) : "–"))]);
    });
    paint();
  };

  // ---- tables ----

  // what has to be done again where rows have changed
  const again = [];
  const sortable = (table) => {
    const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
    let own = [...body.rows];
    const sort = () => {
      const column = heads.findIndex((head) => ["ascending", "descending"].includes(head.getAttribute("aria-sort")));
      if (column < 0) { body.append(...own); return; }
      const text = heads[column].classList.contains("text"), down = heads[column].getAttribute("aria-sort") === "descending";
      const value = (row) => row.cells[column].dataset.v || "";
      const number = (row) => (value(row) === "" ? -Infinity : Number(value(row)));
      const order = text ? (a, b) => value(a).localeCompare(value(b), "en") : (a, b) => (number(a) < number(b) ? -1 : number(a) > number(b) ? 1 : 0);
      body.append(...[...own].sort((a, b) => (down ? order(b, a) : order(a, b))));
    };
    const isSorted = () => heads.some((head) => ["ascending", "descending"].includes(head.getAttribute("aria-sort")));
    again.push({ table, before: () => { if (isSorted()) body.append(...own); }, after: () => { own = [...body.rows]; if (isSorted()) sort(); } });
    heads.forEach((head) => {
      const button = head.querySelector("button");
      if (!button) return;
      button.addEventListener("click", () => {
        // of numbers people look for the largest, of texts for the first; a third click gives the plan's own order back
        const turns = head.classList.contains("text") ? ["ascending", "descending", "none"] : ["descending", "ascending", "none"];
        const next = turns[(turns.indexOf(head.getAttribute("aria-sort")) + 1) % 3];
        heads.forEach((other) => { if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none"); });
        head.setAttribute("aria-sort", next);
        sort();
      });
    });
  };
  // from so many rows on a table is searched rather than read
  const MANY = 9;
  const searchable = (table) => {
    const body = table.tBodies[0];
    if (body.rows.length < MANY && table.id !== "requests") return;
    const line = make("p", { class: "search" }), label = make("label", {}, "Find "), found = make("output");
    const input = make("input", { type: "search", "data-table": table.id, placeholder: table.dataset.find || "name" });
    label.append(input);
    line.append(label, " ", found);
    table.closest(".scroll").before(line);
    const find = () => {
      const rows = [...body.rows], wanted = input.value.trim().toLowerCase();
      let left = 0;
      for (const row of rows) {
        const text = [...row.cells].filter((cell) => cell.classList.contains("text")).map((cell) => cell.textContent).join(" ").toLowerCase();
        row.hidden = !text.includes(wanted);
        left += row.hidden ? 0 : 1;
      }
      found.textContent = wanted === "" ? "" : left === 0 ? "nothing found" : `${left} of ${rows.length}`;
    };
    input.addEventListener("input", find);
    again.push({ table, before: () => {}, after: () => { if (input.value.trim() !== "") find(); } });
  };

  // ---- paper ----

  // what is folded away on the screen is there on paper, but for the charts' numbers
  const folded = () => [...document.querySelectorAll("main details")].filter((details) => !details.closest(".chart") && !details.open);
  let unfolded = [];
  window.addEventListener("beforeprint", () => { unfolded = folded(); unfolded.forEach((details) => { details.open = true; }); });
  window.addEventListener("afterprint", () => { unfolded.forEach((details) => { details.open = false; }); unfolded = []; });

  const distributions = () => { if (data.curves) { histogram(data.curves); quantiles(data.curves); } };
  data.charts.forEach(chartOverTime);
  distributions();
  document.querySelectorAll("table.sortable").forEach(sortable);
  document.querySelectorAll("table.sortable").forEach(searchable);
  document.addEventListener("pointerdown", (event) => { if (!event.target.closest("#over-time svg")) point(null); });
  document.querySelector("#zoom button").addEventListener("click", () => look(0, end));
  redraw();

  // ---- a run under way ----

  // What a page that follows a run does with what it hears; a file has nobody who does. A cell is added to what is drawn, and
  // what cannot be added to is drawn anew.
  window.plimsoll = {
    second: data.second,
    grow: (latest) => {
      const follows = !zoomed();
      Object.assign(data, { cells: latest.cells, end: latest.end });
      measure();
      const put = (cells, value) => { while (cells.length < latest.cells) cells.push(null); cells[latest.cell] = value; };
      data.charts.forEach((chart, at) => chart.lines.forEach((line, place) => {
        const [last, least, most] = latest.charts[at][place] || [null, null, null];
        put(line.last, last);
        if (line.most) { put(line.least, least); put(line.most, most); }
      }));
      if (follows) Object.assign(view, { from: 0, to: end });
      redraw();
    },
    beside: ({ curves, ...beside }) => {
      Object.assign(data, beside);
      if (curves && data.curves) {
        Object.assign(data.curves, curves);
        document.querySelectorAll("#distributions figure").forEach((figure) => figure.dispatchEvent(new Event("repaint")));
      } else if (curves) { data.curves = curves; distributions(); }
      redraw();
    },
    anew: (all) => {
      const follows = !zoomed();
      Object.assign(data, all);
      measure();
      if (follows) Object.assign(view, { from: 0, to: end, at: null });
      overTime.length = 0;
      for (const id of ["over-time", "distributions"]) document.getElementById(id).replaceChildren();
      data.charts.forEach(chartOverTime);
      distributions();
      redraw();
    },
    // Tables stand in the report's own order while their rows are changed.
    tables: (change) => {
      again.forEach(({ before }) => before());
      change();
      again.filter(({ table }) => table.isConnected).forEach(({ after }) => after());
    },
    dress: (table) => { sortable(table); searchable(table); },
  };
})();
