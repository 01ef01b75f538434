// Follows a run in a real browser while it is under way, and asks it for things: usage: node live.mjs path/to/plimsoll FOLDER [FOLDER FOR SCREENSHOTS]
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer, connect } from "node:net";
import { readFileSync, readdirSync } from "node:fs";
import puppeteer from "puppeteer-core";

const [plimsoll, folder, shots] = process.argv.slice(2);
const run = spawn(plimsoll, ["run", "live.yaml", "--embedded", "--web", "--out", folder], { stdio: ["ignore", "ignore", "pipe"] });
const ended = new Promise((done) => run.on("exit", done));
let said = "";
const url = await new Promise((found, lost) => {
  run.stderr.on("data", (bytes) => { said += bytes; const line = said.match(/web view: (\S+)/); if (line) found(line[1]); });
  run.on("exit", () => lost(new Error(`it ended: ${said}`)));
});
const port = Number(new URL(url).port);

// a way there that can be cut
let lines = new Set();
let open = true;
const way = createServer((from) => {
  if (!open) { from.destroy(); return; }
  const to = connect(port, "127.0.0.1");
  for (const [one, other] of [[from, to], [to, from]]) {
    one.pipe(other);
    one.on("error", () => other.destroy());
    one.on("close", () => { other.destroy(); lines.delete(from); });
  }
  lines.add(from);
});
await new Promise((done) => way.listen(0, "127.0.0.1", done));

const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
const wrong = [], asked = [];
const page = async (address) => {
  const tab = await browser.newPage();
  await tab.setViewport({ width: 1280, height: 900 });
  tab.on("pageerror", (error) => wrong.push(String(error)));
  tab.on("console", (message) => { if (message.type() === "error" && !/ERR_(CONNECTION|EMPTY|INCOMPLETE|SOCKET)|409 \(Conflict\)/.test(message.text())) wrong.push(message.text()); });
  tab.on("dialog", (dialog) => { wrong.push(`a dialog: ${dialog.message()}`); dialog.dismiss(); });
  tab.on("request", (request) => asked.push(request.url()));
  await tab.goto(address);
  return tab;
};
const tab = await page(url);
const text = (selector, of = tab) => of.$eval(selector, (one) => one.textContent.trim());
const second = (of = tab) => of.evaluate(() => Number(document.documentElement.dataset.second ?? -1));
const until = async (what, holds, patience = 15_000) => {
  for (let waited = 0; waited < patience; waited += 100) {
    if (await holds()) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  assert.fail(`${what} did not come`);
};
const cells = (id, label, of = tab) => of.evaluate((id, label) => {
  const figure = document.getElementById(`chart-${id}`), details = figure.querySelector("details");
  details.open = false; details.open = true;
  return new Promise((done) => setTimeout(() => {
    const heads = [...figure.querySelectorAll("th")].map((one) => one.textContent);
    const at = heads.findIndex((head) => head.startsWith(label));
    done([...figure.querySelectorAll("tbody tr")].map((row) => row.cells[at].textContent));
  }, 50));
}, id, label);
const ask = async (button) => {
  // nothing is drawn in a tab behind another, and so nothing can be clicked there
  await tab.bringToFront();
  await tab.click(button);
  await tab.waitForSelector("#confirm[open]");
  const question = await text("#question");
  await tab.click("#yes");
  await until("an answer", async () => /^[✓✗]/.test(await text("#told")));
  return [question, await text("#told")];
};

const checks = [];
const check = (name, act) => checks.push([name, act]);

check("the page is there, its token is no longer in the line of the address, and no script reads the cookie", async () => {
  assert.equal(new URL(tab.url()).search, "");
  assert.equal(await tab.evaluate(() => document.cookie), "");
  assert.match(await text("#verdict"), /under way: \d+\S* of 1min|under way/);
});
check("charts grow, and figures follow", async () => {
  await until("the third second", async () => (await second()) >= 3);
  const before = await cells("requests", "ok"), requests = Number(await tab.$eval("[data-figure=requests]", (one) => one.dataset.v));
  const path = await tab.$eval("#chart-requests path.area", (one) => one.getAttribute("d"));
  const at = await second();
  await until("two more seconds", async () => (await second()) >= at + 2);
  const after = await cells("requests", "ok");
  assert.ok(after.length >= before.length + 2, `${before.length} cells, then ${after.length}`);
  assert.deepEqual(after.slice(0, before.length), before, "what was drawn stays");
  assert.ok(Number(await tab.$eval("[data-figure=requests]", (one) => one.dataset.v)) > requests);
  assert.notEqual(await tab.$eval("#chart-requests path.area", (one) => one.getAttribute("d")), path);
});
check("failures appear, a threshold turns, and what a person has opened or sorted stays", async () => {
  await tab.click("#requests th:nth-child(4) button");
  await tab.$eval("#plan + details", (one) => { one.open = true; });
  await until("a failure", async () => (await tab.$("#failure-groups")) !== null);
  await until("a broken threshold", async () => (await tab.$$("[data-threshold] .broken")).length > 0);
  const at = await second();
  await until("one more second", async () => (await second()) > at);
  assert.equal(await tab.$eval("#requests th:nth-child(4)", (one) => one.getAttribute("aria-sort")), "descending");
  const failed = await tab.$$eval("#requests tbody tr", (rows) => rows.map((row) => Number(row.cells[3].dataset.v)));
  assert.deepEqual(failed, [...failed].sort((a, b) => b - a));
  assert.ok(await tab.$eval("#plan + details", (one) => one.open));
  await tab.click("#failure-groups th:nth-child(1) button");
  assert.equal(await tab.$eval("#failure-groups th:nth-child(1)", (one) => one.getAttribute("aria-sort")), "descending", "a table that came later is sorted, too");
});
check("hostile names are texts and nothing more", async () => {
  assert.equal((await tab.$$("main img, h1 b")).length, 0);
  assert.ok((await text("h1")).includes("</script><b>bold</b>"));
});
check("nothing is done without being confirmed", async () => {
  await tab.click("[data-do=pause]");
  await tab.waitForSelector("#confirm[open]");
  await tab.click("#no");
  await new Promise((done) => setTimeout(done, 1500));
  assert.match(await text("#verdict"), /under way/);
});
check("a note, users, a pause: asked, done, told on all pages", async () => {
  const other = await page(url);
  await tab.bringToFront();
  await tab.type("#note", "deployed <b>v2</b>");
  assert.deepEqual(await ask("[data-do=note]"), ["Note at this moment: “deployed <b>v2</b>”?", "✓ it is noted"]);
  await tab.$eval("#users-wanted", (one) => { one.value = "6"; });
  assert.match((await ask("[data-do=users]"))[1], /users were set to 6, where the plan has 4/);
  assert.match((await ask("[data-do=pause]"))[1], /the load was paused/);
  await until("the pause", async () => /paused/.test(await text("#verdict", other)));
  await until("the marks", async () => (await other.$$eval("#marks li", (all) => all.map((one) => one.textContent))).filter((one) => /v2|users were set|paused/.test(one)).length === 3);
  assert.ok((await other.$$("#chart-requests line.mark")).length >= 3);
  await until("a second without requests", async () => (await cells("requests", "ok")).at(-1) === "0");
  assert.match((await ask("[data-do=resume]"))[1], /the load was resumed/);
  await tab.$eval("#users-wanted", (one) => { one.value = "4000"; });
  assert.match((await ask("[data-do=users]"))[1], /✗ there may be from 1 to 40 users/);
  await other.close();
});
check("a page whose line was cut comes back, and has missed nothing", async () => {
  const through = new URL(url);
  through.port = String(way.address().port);
  const cut = await page(String(through));
  await until("some seconds", async () => (await second(cut)) >= 3);
  const at = await second(cut);
  open = false;
  lines.forEach((line) => line.destroy());
  await until("the loss to be told", async () => /lost/.test(await text("#told", cut)));
  await new Promise((done) => setTimeout(done, 2500));
  assert.equal(await second(cut), at, "nothing comes by a line that is cut");
  open = true;
  await until("the page to come back", async () => (await second(cut)) >= at + 3);
  assert.equal(await text("#told", cut), "");
  const [there, here] = [await cells("users", "users", cut), await cells("users", "users")];
  const common = Math.min(there.length, here.length);
  assert.deepEqual(there.slice(0, common), here.slice(0, common), "each second is there");
  assert.ok(!there.slice(0, common).includes("–"));
  await cut.close();
  await tab.bringToFront();
});
check("a process that slept is followed again", async () => {
  const at = await second();
  run.kill("SIGSTOP");
  await new Promise((done) => setTimeout(done, 2500));
  run.kill("SIGCONT");
  await until("seconds after it", async () => (await second()) >= at + 4);
  await until("the word on the generator", async () => /suspect/.test(await text("#suspect")));
});
check("who has no token sees nothing, and another page can do nothing", async () => {
  const stranger = await browser.createBrowserContext();
  const alone = await stranger.newPage();
  const answer = await alone.goto(`http://127.0.0.1:${port}/`);
  assert.equal(answer.status(), 401);
  // a page of another server of this machine, which has the cookie: a browser does not tell ports apart
  const foreign = createServer((line) => { line.on("error", () => {}); line.end("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"); });
  await new Promise((done) => foreign.listen(0, "127.0.0.1", done));
  const evil = await browser.newPage();
  await evil.goto(`http://127.0.0.1:${foreign.address().port}/`);
  const tried = await evil.evaluate(async (port) => {
    const attempt = async (options) => { try { return (await fetch(`http://127.0.0.1:${port}/control`, { method: "POST", body: '{"do": "stop"}', credentials: "include", ...options })).status; } catch { return "no answer"; } };
    return [await attempt({ mode: "no-cors" }), await attempt({ headers: { "Content-Type": "application/json" } })];
  }, port);
  assert.deepEqual(tried, ["no answer", "no answer"]);
  const framed = await evil.evaluate(async (port) => {
    const frame = document.createElement("iframe");
    frame.src = `http://127.0.0.1:${port}/`;
    document.body.append(frame);
    await new Promise((done) => { frame.onload = done; setTimeout(done, 1500); });
    try { return frame.contentDocument?.querySelector("#verdict") ? "shown" : "blocked"; } catch { return "blocked"; }
  }, port);
  assert.equal(framed, "blocked");
  await evil.close();
  foreign.close();
  assert.match(await text("#verdict"), /under way/, "the run goes on");
});
check("stop ends the run, and the page says so", async () => {
  assert.match((await ask("[data-do=stop]"))[1], /the run ends/);
  await until("the end", async () => (await tab.$("#over")) !== null);
  assert.equal((await tab.$$("[data-do]")).length, 0);
  assert.equal(await ended, 5);
  const report = JSON.parse(readFileSync(`${folder}/${readdirSync(folder).find((name) => /^load_test_.*\d\.json$/.test(name))}`, "utf8"));
  assert.ok(report.books.balanced);
  assert.equal(Number(await tab.$eval("[data-figure=requests]", (one) => one.dataset.v)), report.total.requests, "the page's last figures are the report's");
  assert.deepEqual(report.run.steered.map((line) => line.replace(/^at \S+: /, "")), ["users were set to 6, where the plan has 4", "the load was paused", "the load was resumed"]);
  assert.match(report.run.ended_by, /in the web view/);
  await new Promise((done) => setTimeout(done, 1500));
  // the answer to the wish may come behind the end, and stay
  assert.doesNotMatch(await text("#told"), /tried again/, "nothing is tried again once it is over");
});
check("nothing went wrong, and nothing was asked for but the run", async () => {
  assert.deepEqual(wrong, []);
  const hosts = new Set(asked.filter((address) => !address.startsWith("chrome-error:")).map((address) => new URL(address).hostname));
  assert.deepEqual([...hosts], ["127.0.0.1"]);
});

let failed = 0;
for (const [name, act] of checks) {
  try {
    await act();
    console.log(`ok   ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}\n     ${error.message.split("\n").join("\n     ")}`);
  }
  if (shots && /failures appear/.test(name)) await tab.screenshot({ path: `${shots}/live.png`, fullPage: true });
}
await browser.close();
way.close();
run.kill("SIGKILL");
console.log(`${checks.length - failed} of ${checks.length} hold`);
process.exit(failed ? 1 : 0);
