// Takes the pictures that the documentation shows: usage: node pictures.mjs PAGE.html FOLDER
import { resolve } from "node:path";
import puppeteer from "puppeteer-core";

const [page, folder] = process.argv.slice(2);
const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
const tab = await browser.newPage();
const picture = async (name, { width, height, scheme, from }) => {
  await tab.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await tab.setViewport({ width, height, deviceScaleFactor: 1 });
  await tab.goto(`file://${resolve(page)}`);
  await new Promise((done) => setTimeout(done, 300));
  if (from) await tab.$eval(from, (one) => window.scrollTo(0, one.getBoundingClientRect().top + window.scrollY - 12));
  await tab.screenshot({ path: `${folder}/${name}.png` });
};
await picture("report", { width: 1200, height: 1000, scheme: "light" });
await picture("report_charts", { width: 1200, height: 1000, scheme: "dark", from: "#charts" });
await browser.close();
