// How long logging out takes in a browser that has much of other sites in its cache, with and without
// `Clear-Site-Data: "cache"` in the answer. Not a test: `TICKBOX_URL=... npm run logout-time` prints both.

import { mkdtempSync, rmSync } from "node:fs";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const { TICKBOX_URL, CHROMIUM = "/usr/bin/chromium", ENTRIES = "6000", ROUNDS = "7" } = process.env;
const sites = ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.7"];

function listen(host, answer) {
  const server = createServer(answer);
  return new Promise((resolve) => server.listen(0, host, () => resolve(server)));
}

/** A site with small files that may be kept for a year. */
const site = (host) =>
  listen(host, (incoming, response) => {
    const kind = incoming.url === "/" ? "text/html" : "text/plain";
    response.writeHead(200, { "content-type": kind, "cache-control": "public, max-age=31536000, immutable" });
    response.end(incoming.url === "/" ? "<title>A site</title>" : "x".repeat(2_000));
  });

/** Stands before Tickbox and adds the header to the answer to logging out, when it is on. */
const proxy = (headers) =>
  listen("127.0.0.1", (incoming, response) => {
    const { method, url: path } = incoming;
    const onward = request(TICKBOX_URL, { method, path, headers: incoming.headers }, (answer) => {
      const more = path === "/logout" && headers.on ? ["Clear-Site-Data", '"cache"'] : [];
      response.writeHead(answer.statusCode, [...answer.rawHeaders, ...more]);
      answer.pipe(response);
    });
    incoming.pipe(onward);
  });

async function fill(page, server) {
  const { address, port } = server.address();
  await page.goto(`http://${address}:${port}/`);
  await page.evaluate(async (count) => {
    const ask = (number) => fetch(`/${number}`).then((answer) => answer.text());
    for (let number = 0; number < count; number += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, index) => ask(number + index)));
    }
  }, Math.ceil(Number(ENTRIES) / sites.length));
}

async function register(page, address) {
  const username = `logout-${process.pid}-${Date.now()}`;
  const password = `shelf lamp river ${process.pid}`;
  await page.goto(`${address}/register`);
  const values = { first_name: "Ona", last_name: "Petraitė", username, password, password_again: password };
  for (const [field, value] of Object.entries(values)) await page.fill(`#${field}`, value);
  await Promise.all([page.waitForEvent("load"), page.press("#password_again", "Enter")]);
  return { username, password };
}

async function logOut(page, address, { username, password }) {
  await page.goto(`${address}/login`);
  await page.fill("#username", username);
  await page.fill("#password", password);
  await Promise.all([page.waitForEvent("load"), page.press("#password", "Enter")]);
  const began = performance.now();
  await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: "Log out" }).click()]);
  return performance.now() - began;
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

const headers = { on: false };
const servers = await Promise.all([proxy(headers), ...sites.map(site)]);
const profile = mkdtempSync(join(tmpdir(), "logout-time-"));
const options = { executablePath: CHROMIUM, chromiumSandbox: false };
const browser = await chromium.launchPersistentContext(profile, options);
try {
  const page = await browser.newPage();
  for (const server of servers.slice(1)) await fill(page, server);
  const address = `http://127.0.0.1:${servers[0].address().port}`;
  const account = await register(page, address);
  const times = { without: [], with: [] };
  await logOut(page, address, account);
  for (let round = 0; round < Number(ROUNDS); round++) {
    for (const name of ["without", "with"]) {
      headers.on = name === "with";
      times[name].push(Math.round(await logOut(page, address, account)));
    }
  }
  console.log(`${ENTRIES} cached entries of other sites, ${ROUNDS} times each, milliseconds from the press to the login page`);
  for (const [name, all] of Object.entries(times)) console.log(`${name.padEnd(8)} ${median(all)} (${all.join(" ")})`);
} finally {
  await browser.close();
  for (const server of servers) (server.close(), server.closeAllConnections());
  rmSync(profile, { recursive: true, force: true });
}
