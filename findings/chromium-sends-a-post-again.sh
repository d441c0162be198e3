#!/usr/bin/env bash
# Chromium 156.0.8078.108 (Debian 12), driven by playwright-core 1.65.1.
#
# Expected: a form that is sent once by POST reaches the server once. RFC 9110, 9.2.2: "A user agent SHOULD NOT
# automatically retry a request with a non-idempotent method" unless it knows that it is idempotent or never applied.
# Happens: when the connection ends after the server has read the request and before it answers, as with a restart or
# a balancer that closes, the browser sends the same POST again by itself. Neither the user nor the page is told: they
# see one failure.
#   a form:   sent once, read by the server 2 times
#   fetch():  sent once, read by the server 2 times
# What helps: every write is made safe to repeat, with an id that the page gives it.
#
# Needs Node.js with npm, and Chromium (CHROMIUM=/path/to/it). Exits with 1 when that has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund playwright-core@1.65.1

cat >look.mjs <<'LOOK'
import { createServer } from "node:http";
import { chromium } from "playwright-core";

let read = 0;
const server = createServer(async (request, response) => {
  let body = "";
  for await (const part of request) body += part;
  if (request.method === "POST" && body === "amount=7") {
    read += 1;
    request.socket.destroy();
    return;
  }
  response.setHeader("content-type", "text/html");
  response.end('<!doctype html><form method="post"><input name="amount" value="7"><button>Pay</button></form>');
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, chromiumSandbox: false });
console.log(`Chromium ${browser.version()}`);

// How often the server has read what was sent once. Each time the page is asked for anew.
async function count(send) {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  read = 0;
  await send(page);
  await page.waitForTimeout(3_000);
  return read;
}

const form = await count((page) => page.click("button"));
console.log(`a form:   sent once, read by the server ${form} times`);
const post = () => fetch("/", { method: "POST", body: "amount=7" }).catch(() => "failed");
const fetched = await count((page) => page.evaluate(post));
console.log(`fetch():  sent once, read by the server ${fetched} times`);
await browser.close();
server.close();
process.exit(form > 1 && fetched > 1 ? 0 : 1);
LOOK
node look.mjs
