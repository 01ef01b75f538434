// Holds a run's page against its report, in a real browser: usage: node check.mjs PAGE.html [FOLDER FOR SCREENSHOTS]
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import puppeteer from "puppeteer-core";

const [page, shots] = process.argv.slice(2);
const report = JSON.parse(readFileSync(page.replace(/\.html$/, ".json"), "utf8"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });

const checks = [];
const check = (name, run) => checks.push([name, run]);
const wrong = [];
const asked = [];
const tab = await browser.newPage();
await tab.setViewport({ width: 1280, height: 900 });
tab.on("console", (message) => { if (["error", "warn"].includes(message.type())) wrong.push(message.text()); });
tab.on("pageerror", (error) => wrong.push(String(error)));
tab.on("dialog", (dialog) => { wrong.push(`a dialog: ${dialog.message()}`); dialog.dismiss(); });
tab.on("request", (request) => asked.push(request.url()));
await tab.goto(`file://${resolve(page)}`);

const texts = (selector) => tab.$$eval(selector, (found) => found.map((one) => one.textContent.trim()));
const column = (table, index) => tab.$$eval(`#${table} tbody tr`, (rows, index) => rows.filter((row) => !row.hidden).map((row) => row.cells[index].dataset.v), index);
const judged = report.measured ?? report.total;

check("the verdict and the key figures are the report's", async () => {
  assert.match((await texts("#verdict"))[0], new RegExp(`^[✓✗] `));
  assert.ok((await texts("#verdict"))[0].includes(report.verdict.text));
  const figures = Object.fromEntries(await tab.$$eval("[data-figure]", (found) => found.map((one) => [one.dataset.figure, one.dataset.v])));
  const expected = { requests: judged.requests, rate: judged.rate, failed: judged.failed, p50: judged.response_time.p50, p95: judged.response_time.p95, p99: judged.response_time.p99, users: report.run.users };
  for (const [name, value] of Object.entries(expected)) assert.equal(Number(figures[name]), value, name);
});
check("every table row is the report's", async () => {
  const times = (entry) => ["p50", "p90", "p95", "p99", "p999", "max"].map((name) => entry?.[name] ?? "");
  const row = (entry) => [entry.requests, entry.failed, entry.rate, ...times(entry.response_time)].map(String);
  const cells = (table, from) => tab.$$eval(`#${table} tbody tr`, (rows, from) => rows.map((row) => [...row.cells].slice(from, from + 9).map((cell) => cell.dataset.v)), from);
  assert.deepEqual((await cells("requests", 2)).map((one) => one.map(Number)), report.requests.map(row).map((one) => one.map(Number)));
  for (const [table, entries] of [["stages", report.breakdown.stages], ["tasks", report.breakdown.tasks], ["statuses", report.breakdown.statuses]]) {
    assert.deepEqual((await cells(table, 1)).map((one) => one.map(Number)), entries.map(row).map((one) => one.map(Number)), table);
    const all = entries.reduce((sum, entry) => sum + entry.requests, 0);
    assert.equal(all, report.total.requests, `${table} add up to all requests`);
  }
});
check("thresholds and failures are all there", async () => {
  const broken = report.thresholds.filter((one) => one.state !== "held"), held = report.thresholds.filter((one) => one.state === "held");
  assert.deepEqual(await texts("[data-threshold] code"), [...broken, ...held].map((one) => one.require), "those that did not hold come first");
  assert.deepEqual((await column("failure-groups", 0)).map(Number), report.failures.map((one) => one.count));
  assert.ok(report.failures.some((one) => one.example), "a failure that was answered has an example of it");
  const unexpected = report.failures.find((one) => one.message.includes("expected status 204, got 200"));
  assert.ok(unexpected?.example, "so has one of a status that is no error, and that was not expected");
  assert.deepEqual(await texts("#failure-groups .example pre"), report.failures.filter((one) => one.example).map((one) => one.example));
});
check("the charts' numbers add up to the report's", async () => {
  const data = JSON.parse(await tab.$eval("#data", (one) => one.textContent));
  const sum = (chart, label) => data.charts.find((one) => one.id === chart).lines.find((one) => one.label === label)?.last.reduce((all, one) => all + (one ?? 0), 0) ?? 0;
  assert.equal(data.step, 1);
  assert.equal(sum("requests", "ok"), report.total.ok);
  assert.equal(sum("requests", "failed"), report.total.failed);
  assert.equal(data.curves.response.bars.reduce((all, one) => all + one, 0), report.total.requests);
  const users = data.charts.find((one) => one.id === "users").lines;
  assert.deepEqual(users.map((one) => one.label), ["users", "planned"]);
  // a ramp-down or an early end apart, people come as planned
  users[1].last.forEach((planned, second) => planned !== null && assert.equal(users[0].last[second], planned, `users of second ${second}`));
  const peak = data.curves.response.quantiles.at(-1)[1];
  assert.ok(Math.abs(peak / report.total.response_time.max - 1) < 1e-3);
});
check("a column sorts both ways, and a search leaves what it finds", async () => {
  const press = () => tab.click("#requests th:nth-child(3) button");
  await press();
  // of numbers, people look for the largest
  const down = (await column("requests", 2)).map(Number);
  assert.deepEqual(down, [...down].sort((a, b) => b - a));
  await press();
  assert.deepEqual((await column("requests", 2)).map(Number), [...down].reverse());
  await press();
  // what nobody would see in a name is written out
  const written = (name) => name.replace("\u202e", "\\u{202e}");
  assert.deepEqual(await column("requests", 1), report.requests.map((row) => written(row.name)), "a third press gives the plan's order back");
  await tab.type("input[data-table=requests]", "STATS");
  assert.deepEqual(await column("requests", 1), ["/stats"]);
  await tab.type("input[data-table=requests]", "no such name");
  assert.deepEqual(await column("requests", 1), []);
  assert.deepEqual(await texts("#requests-title ~ .search output"), ["nothing found"]);
  await tab.$eval("input[data-table=requests]", (one) => { one.value = ""; one.dispatchEvent(new Event("input")); });
});
const box = async (selector) => { const found = await tab.$(selector); await found.scrollIntoView(); return found.boundingBox(); };
check("one chart's moment shows on all, a drag looks closer everywhere, a double click goes back", async () => {
  const area = await box("#chart-response svg");
  await tab.mouse.move(area.x + area.width / 2, area.y + 60);
  assert.equal((await tab.$$("line.cursor")).length, (await tab.$$("#over-time svg")).length);
  assert.match((await texts("#chart-service .legend b"))[0], /\d/);
  await tab.mouse.down();
  await tab.mouse.move(area.x + area.width * 0.8, area.y + 60, { steps: 4 });
  await tab.mouse.up();
  assert.match((await texts("#zoom span"))[0], /Charts show .* whole run/);
  assert.ok(await tab.$eval("#zoom", (one) => getComputedStyle(one).display !== "none"));
  const again = await box("#chart-users svg");
  await tab.mouse.click(again.x + again.width / 2, again.y + 60, { count: 2 });
  assert.ok(await tab.$eval("#zoom", (one) => getComputedStyle(one).display === "none"));
});
check("what is drawn stays in the plot however close one looks, and no text is taken for a selection", async () => {
  const area = await box("#chart-response svg");
  await tab.mouse.move(area.x + area.width * 0.3, area.y + 60);
  await tab.mouse.down();
  await tab.mouse.move(area.x + area.width * 0.6, area.y + 180, { steps: 4 });
  await tab.mouse.up();
  assert.equal(await tab.evaluate(() => String(getSelection())), "");
  for (const chart of ["requests", "response"]) {
    const clip = await tab.$eval(`#chart-${chart} g.drawn`, (one) => one.getAttribute("clip-path"));
    const [x, width] = await tab.$eval(`${clip.slice(4, -1)} rect`, (one) => [Number(one.getAttribute("x")), Number(one.getAttribute("width"))]);
    const [from, to] = await tab.$eval(`#chart-${chart} line.grid`, (one) => [Number(one.getAttribute("x1")), Number(one.getAttribute("x2"))]);
    assert.deepEqual([x, x + width], [from, to], chart);
  }
  await tab.$eval("#chart-response svg", (one) => one.focus());
  await tab.keyboard.press("0");
});
check("no label of an axis is cut off, and bytes are round", async () => {
  for (const width of [375, 1280]) {
    await tab.setViewport({ width, height: 900 });
    await new Promise((done) => setTimeout(done, 150));
    const cut = await tab.$$eval(".chart svg", (charts) => charts.flatMap((svg) => {
      const chart = svg.getBoundingClientRect();
      return [...svg.querySelectorAll("text")].filter((text) => {
        const { left, right } = text.getBoundingClientRect();
        return left < chart.left - 0.5 || right > chart.right + 0.5;
      }).map((text) => `${svg.closest("figure").id}: ${text.textContent}`);
    }));
    assert.deepEqual(cut, [], `at ${width}`);
  }
  const bytes = await texts("#chart-bytes g:not(.drawn) text[text-anchor=end]");
  bytes.forEach((label) => assert.match(label, /^(0|\d+(\.5)? ([KMGT]i)?B\/s)$/));
});
check("a part of a second is no second: it is said, and its count is not drawn", async () => {
  const data = JSON.parse(await tab.$eval("#data", (one) => one.textContent));
  assert.equal(data.end, report.run.rate_seconds ?? report.run.seconds);
  if (data.end % 1 === 0) return;
  assert.match((await texts("#charts ~ p")).join(" "), /are a part of a second/);
  const most = await tab.$eval("#chart-requests path.area", (one) => Math.max(...one.getAttribute("d").match(/[\d.]+ [\d.]+/g).map((pair) => Number(pair.split(" ")[0]))));
  const [from, to] = await tab.$eval("#chart-requests line.grid", (one) => [Number(one.getAttribute("x1")), Number(one.getAttribute("x2"))]);
  const last = from + ((Math.floor(data.end) - 0.5) / data.end) * (to - from);
  assert.ok(Math.abs(most - last) < 1, `${most} is not the middle of the last whole second, ${last}`);
});
check("a threshold that broke is marked, in words as well", async () => {
  const broke = report.thresholds.filter((one) => one.broke_at !== null);
  assert.ok(broke.length > 0);
  const words = await texts("#marks li");
  broke.forEach((one) => assert.ok(words.some((text) => text.includes(one.require)), one.require));
  assert.ok((await tab.$$("#chart-requests line.mark")).length >= words.length);
  assert.ok((await texts("[data-threshold]")).some((text) => /broke at \d/.test(text)));
});
check("a tap shows the moment's values until the next tap elsewhere", async () => {
  const area = await box("#chart-requests svg");
  await tab.touchscreen.tap(area.x + area.width / 2, area.y + 60);
  assert.match((await texts("#chart-requests .legend button"))[0], /^ok \d/);
  await tab.touchscreen.tap(5, 5);
  assert.equal((await texts("#chart-requests .legend b"))[0], "");
});
check("the keyboard does the same, and a legend hides its line", async () => {
  await tab.$eval("#chart-response svg", (one) => one.focus());
  for (const key of ["ArrowRight", "ArrowRight", "+"]) await tab.keyboard.press(key);
  assert.match((await texts("#spoken"))[0], /^0:01 warm: p50 \S+, p95 \S+, p99 \S+$/);
  assert.ok(await tab.$eval("#zoom", (one) => one.classList.contains("on")));
  await tab.keyboard.press("0");
  assert.ok(!(await tab.$eval("#zoom", (one) => one.classList.contains("on"))));
  const lines = async () => (await tab.$$("#chart-response path.line")).length;
  const before = await lines();
  await tab.click("#chart-response .legend button");
  assert.equal(await lines(), before - 1);
  await tab.click("#chart-response .legend button");
  await tab.click("#chart-response input[type=checkbox]");
  assert.equal(await lines(), before);
  await tab.click("#chart-response input[type=checkbox]");
});
check("each chart has its numbers in a table", async () => {
  await tab.click("#chart-requests summary");
  await tab.waitForSelector("#chart-requests td");
  const rows = (await tab.$$("#chart-requests tbody tr")).length;
  assert.equal(rows, JSON.parse(await tab.$eval("#data", (one) => one.textContent)).cells);
});
check("hostile names are texts and nothing more", async () => {
  assert.equal((await tab.$$("main img, h1 b")).length, 0);
  assert.ok((await texts("h1"))[0].includes("</script><b>bold</b>"));
  assert.ok(!(await tab.content()).includes("\u202e"), "what turns the direction is written out");
});
check("nothing is wider than a phone, and nothing sticks out of the window", async () => {
  for (const width of [375, 768, 1280]) {
    await tab.setViewport({ width, height: 800 });
    await new Promise((done) => setTimeout(done, 150));
    const over = await tab.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(over <= 0, `${over} px too wide at ${width}`);
    const sideways = await tab.$$eval(".scroll", (all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.getAttribute("aria-labelledby")));
    if (width >= 1280) assert.deepEqual(sideways, [], `at ${width} px every table fits`);
    assert.ok(!sideways.includes("thresholds"), `thresholds fit at ${width}`);
    const captions = await tab.$$eval("caption > span", (all) => all.filter((one) => one.getBoundingClientRect().right > window.innerWidth).length);
    assert.equal(captions, 0, `captions wrap at ${width}`);
  }
});
check("axe finds no serious violation, light and dark", async () => {
  for (const scheme of ["light", "dark"]) {
    await tab.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    const found = await tab.evaluate(`${axe}; axe.run(document, { resultTypes: ["violations"] })`);
    const serious = found.violations.filter((one) => ["serious", "critical"].includes(one.impact));
    assert.deepEqual(serious.map((one) => [one.id, one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160))]), [], scheme);
  }
});
check("it prints", async () => {
  const pdf = await tab.pdf({ format: "A4", printBackground: true });
  assert.ok(pdf.length > 10_000);
  await tab.emulateMediaType("print");
  const size = await tab.$eval("#requests td", (one) => parseFloat(getComputedStyle(one).fontSize));
  assert.ok(size >= 10.6, `${size} px are less than 8 pt`);
  await tab.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  assert.equal(await tab.$$eval("main details:not(.chart details)", (all) => all.filter((one) => !one.open).length), 0);
  await tab.evaluate(() => window.dispatchEvent(new Event("afterprint")));
  await tab.emulateMediaType(null);
});
check("nothing went wrong, and nothing was asked for but the page", async () => {
  assert.deepEqual(wrong, []);
  assert.deepEqual(asked.filter((url) => !url.startsWith("file://")), []);
  assert.equal(asked.length, 1);
});

let failed = 0;
for (const [name, run] of checks) {
  try {
    await run();
    console.log(`ok   ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}\n     ${error.message.split("\n").join("\n     ")}`);
  }
}
if (shots) {
  const shot = async (name, width, scheme) => {
    await tab.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await tab.setViewport({ width, height: 900 });
    await new Promise((done) => setTimeout(done, 200));
    await tab.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
  };
  await shot("desktop", 1280, "light");
  await shot("dark", 1280, "dark");
  await shot("phone", 375, "light");
  await tab.pdf({ path: `${shots}/print.pdf`, format: "A4", printBackground: true });
}
await browser.close();
console.log(`${checks.length - failed} of ${checks.length} hold`);
process.exit(failed ? 1 : 0);
